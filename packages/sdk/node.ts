/** What only Node has: a store in a file. */
export { fileStore, type FileStore } from './storage/file.ts'
