/** A small module for the tests of the thread. */
import type { DatabaseSync } from 'node:sqlite'
import { migrate } from '../migrate.ts'
import type { ModuleContext, Operations } from '../module.ts'

const STEPS = [
  `CREATE TABLE notes (
     id INTEGER PRIMARY KEY,
     text TEXT NOT NULL,
     parent INTEGER REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED
   ) STRICT`,
]

interface Note {
  readonly text: string
  readonly parent?: number
}

const pragma = (database: DatabaseSync, name: string): unknown =>
  Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]

export const open = ({ database, options, transfer }: ModuleContext): Operations => {
  migrate(database, 'notes', STEPS)
  const insert = database.prepare('INSERT INTO notes (text, parent) VALUES (?, ?)')
  const all = database.prepare('SELECT text FROM notes ORDER BY id')
  const add = ({ text, parent }: Note): number => {
    insert.run(text, parent ?? null)
    if (text === 'unlucky') throw new Error('unlucky, after the write')
    return text.length
  }
  return {
    add,
    list: () => all.all().map((row) => row['text']),
    options: () => options,
    pragma: (name: string) => pragma(database, name),
    size: (buffer: ArrayBuffer) => buffer.byteLength,
    give: (size: number) => {
      const buffer = new ArrayBuffer(size)
      transfer(buffer)
      return buffer
    },
    uncloneable: () => () => 0,
  }
}
