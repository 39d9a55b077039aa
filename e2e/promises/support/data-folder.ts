/** What lies in a relay's data folder, as bytes. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Place } from './canaries.ts'

/** Every file, whatever it is called. */
export const filesIn = (folder: string, when: string): Place[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ name: `${basename(path)} ${when}`, bytes: readFileSync(path) }))

/** Every value in every row of the tables, one place for each table. */
export const tablesIn = (folder: string): Place[] => {
  // A copy, with what is still in the write-ahead log, so that the relay is not disturbed.
  const copy = mkdtempSync(join(tmpdir(), 'isthmus-copy-'))
  for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(copy, name))
  const database = new DatabaseSync(join(copy, 'isthmus.db'))
  try {
    const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all()
    return tables.map(({ name }) => {
      const rows = database.prepare(`SELECT * FROM ${String(name)}`).all()
      const values = rows.flatMap((row) => Object.values(row)).map(bytesOf)
      return { name: String(name), bytes: Buffer.concat(values.flatMap((value) => [value, GAP])) }
    })
  } finally {
    database.close()
    rmSync(copy, { recursive: true, force: true })
  }
}

/** Between two values, so that nothing is found across them. */
const GAP = Buffer.from([0])

const bytesOf = (value: unknown): Buffer =>
  value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value))
