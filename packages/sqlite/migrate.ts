import type { DatabaseSync } from 'node:sqlite'

/**
 * Brings a module's tables to its newest version: runs the steps that this file has not seen yet.
 * Several modules share a file, so each counts its own versions. Call it from `open`.
 * @param steps SQL, oldest first. A step that was ever released is never changed.
 * @throws when the file was written by a newer version of the module.
 */
export const migrate = (database: DatabaseSync, module: string, steps: readonly string[]): void => {
  database.exec(
    'CREATE TABLE IF NOT EXISTS schema_versions (module TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT',
  )
  const row = database.prepare('SELECT version FROM schema_versions WHERE module = ?').get(module)
  const version = Number(row?.['version'] ?? 0)
  if (version > steps.length) {
    throw new Error(`the tables of ${module} are of version ${version}, newer than this program`)
  }
  for (const step of steps.slice(version)) database.exec(step)
  database
    .prepare('INSERT OR REPLACE INTO schema_versions (module, version) VALUES (?, ?)')
    .run(module, steps.length)
}
