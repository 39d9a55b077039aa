/** Opens the file as the writer thread wants it. */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { ThreadOptions } from './messages.ts'

/** SQLite gives the write-ahead log the database file's permissions, so that both are private. */
const createPrivately = (path: string): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
}

/**
 * The exclusive lock keeps a second process from writing the file behind the first one's back,
 * and spares the shared-memory index and its locks. It is taken at once and ends with the process,
 * however that ends.
 */
export const openDatabase = (path: string, options: ThreadOptions): DatabaseSync => {
  createPrivately(path)
  const database = new DatabaseSync(path, { timeout: options.busyTimeoutMs })
  try {
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA temp_store = MEMORY;
      PRAGMA cache_size = -${Math.ceil(options.cacheBytes / 1024)};
      PRAGMA wal_autocheckpoint = ${options.checkpointFrames};
      PRAGMA journal_size_limit = 67108864;
      BEGIN IMMEDIATE; COMMIT;
    `)
  } catch (error) {
    database.close()
    throw error
  }
  return database
}
