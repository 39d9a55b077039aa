/** The same module with `add` outside of savepoints. */
export { open } from './notes.ts'

export const bare = ['add']
