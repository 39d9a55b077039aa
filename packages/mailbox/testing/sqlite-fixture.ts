/** A store on a file of its own, for the tests of the SQLite adapter. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteThread } from '@isthmus/sqlite/open'
import type { SqliteThread } from '@isthmus/sqlite/thread'
import { openSqliteMailboxes } from '../sqlite.ts'
import type { SqliteMailboxOptions } from '../sqlite/options.ts'
import type { Fixture } from './contract.ts'

export interface SqliteFixture extends Fixture {
  /** Rows of a query, as the file has them now. */
  readonly all: (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>
}

/** Stands between the store and its thread. */
export type Wrap = (thread: SqliteThread) => SqliteThread

export const openSqliteFixture = async (
  options: Partial<SqliteMailboxOptions> = {},
  wrap: Wrap = (thread) => thread,
): Promise<SqliteFixture> => {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-mailbox-'))
  let thread: SqliteThread
  const open = async () => {
    thread = await openSqliteThread(join(folder, 'data.db'))
    await thread.load('inspect', new URL('./inspect.ts', import.meta.url))
    return openSqliteMailboxes(wrap(thread), options)
  }
  const mailboxes = await open()
  return {
    mailboxes,
    // The thread ends without the store's knowledge: what counts is what it has committed.
    reopen: async () => {
      await thread.close()
      return open()
    },
    end: async () => {
      await thread.close()
      rmSync(folder, { recursive: true })
    },
    all: (sql) => thread.call('inspect', 'all', sql),
  }
}
