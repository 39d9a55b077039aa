/** What only browsers have: a store in IndexedDB. */
export { indexedDbStore } from './storage/indexed-db.ts'
