/** A store in the browser's IndexedDB. */
import type { Store } from './port.ts'

/** The part of the Indexed Database API (W3C) that is used here: this repo is typed for Node. */
interface DbRequest<T> {
  readonly result: T
  readonly error: Error | null
  onsuccess: (() => void) | null
  onerror: (() => void) | null
}
interface DbValues {
  getAllKeys(range: unknown): DbRequest<readonly unknown[]>
  getAll(range: unknown): DbRequest<readonly string[]>
  put(value: string, key: string): unknown
  delete(key: string): unknown
}
interface DbTransaction {
  readonly error: Error | null
  oncomplete: (() => void) | null
  onabort: (() => void) | null
  objectStore(name: string): DbValues
}
interface Database {
  createObjectStore(name: string): unknown
  transaction(
    name: string,
    mode?: 'readonly' | 'readwrite',
    options?: { readonly durability: 'strict' },
  ): DbTransaction
}
interface Platform {
  readonly indexedDB: {
    open(
      name: string,
      version: number,
    ): DbRequest<Database> & {
      onupgradeneeded: (() => void) | null
    }
  }
  readonly IDBKeyRange: { bound(lower: string, upper: string): unknown }
}
const platform = globalThis as unknown as Platform

const VALUES = 'values'

const done = <T>(request: DbRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB failed'))
  })

const openDatabase = (name: string): Promise<Database> => {
  const opening = platform.indexedDB.open(name, 1)
  opening.onupgradeneeded = () => void opening.result.createObjectStore(VALUES)
  return done(opening)
}

/**
 * Opens the store, making the database if need be.
 * @param name of the database, one for each user of the page.
 * @throws DOMException where the browser gives no storage (a private window, a full disk).
 */
export const indexedDbStore = async (name = 'isthmus'): Promise<Store> => {
  const database = await openDatabase(name)
  const change = (act: (values: DbValues) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      // "strict": the browser says that it is written only when it is on disk.
      const transaction = database.transaction(VALUES, 'readwrite', { durability: 'strict' })
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB failed'))
      act(transaction.objectStore(VALUES))
    })
  return {
    entries: async (prefix) => {
      const range = platform.IDBKeyRange.bound(prefix, `${prefix}\uffff`)
      const values = database.transaction(VALUES).objectStore(VALUES)
      const [keys, texts] = await Promise.all([
        done(values.getAllKeys(range)),
        done(values.getAll(range)),
      ])
      return new Map(keys.map((key, at) => [String(key), texts[at] ?? '']))
    },
    put: (key, value) => change((values) => void values.put(value, key)),
    delete: (key) => change((values) => void values.delete(key)),
  }
}
