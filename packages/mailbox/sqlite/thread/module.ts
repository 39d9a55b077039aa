/** The adapter's half in the writer thread. */
import type { DatabaseSync } from 'node:sqlite'
import { migrate } from '@isthmus/sqlite/migrate'
import type { ModuleContext, Operations } from '@isthmus/sqlite/module'
import type { CommitCall, JournalRow, KeyRun, MailboxRow, StartAnswer } from '../calls.ts'
import { pageOperation } from './page.ts'
import { reclaimOperation, sweepOperation } from './reclaim.ts'
import { SCHEMA } from './schema.ts'
import { settleOperation } from './settle.ts'
import { totalsOf } from './totals.ts'

export const bare = ['start', 'load', 'loadNumbers', 'commit', 'page', 'sweep']

const journalOperations = (
  database: DatabaseSync,
  transfer: ModuleContext['transfer'],
): Operations => {
  const insert = database.prepare('INSERT INTO mailbox_journal (id, records) VALUES (?, ?)')
  const journal = database.prepare('SELECT id, records FROM mailbox_journal ORDER BY id')
  const keys = database.prepare('SELECT first, at, keys FROM mailbox_keys ORDER BY first')
  const totals = totalsOf(database)
  const last = database.prepare('SELECT max(number) AS number FROM mailboxes')
  const handOver = <T>(value: T, { buffer }: Uint8Array<ArrayBuffer>): T => {
    transfer(buffer)
    return value
  }
  return {
    commit: ({ id, records }: CommitCall) => {
      insert.run(id, new Uint8Array(records.buffer, 0, records.length))
      transfer(records.buffer)
      return records.buffer
    },
    start: (): StartAnswer => ({
      journal: (journal.all() as unknown as JournalRow[]).map((row) => handOver(row, row.records)),
      keys: (keys.all() as unknown as KeyRun[]).map((run) => handOver(run, run.keys)),
      totals: totals.read(),
      lastNumber: Number(last.get()?.['number'] ?? 0),
    }),
  }
}

const mailboxOperations = (database: DatabaseSync): Operations => {
  const byId = database.prepare('SELECT * FROM mailboxes WHERE id = ?')
  const byNumbers = database.prepare(
    `SELECT number, id, head, cursor, letters, bytes, soonest FROM mailboxes
     WHERE number IN (SELECT value FROM json_each(?))`,
  )
  byNumbers.setReturnArrays(true)
  const litter = database.prepare(
    'SELECT 1 FROM mailbox_shelf WHERE place > ?1 << 32 AND place <= (?1 << 32 | ?2) LIMIT 1',
  )
  const withLitter = (row: Omit<MailboxRow, 'litter'> | undefined): MailboxRow | undefined => {
    if (!row) return undefined
    const { number, cursor, letters } = row
    const some = letters > 0 && cursor > 0 && litter.get(number, cursor) !== undefined
    return { ...row, litter: some }
  }
  return {
    load: (ids: readonly string[]) => ids.map((id) => withLitter(byId.get(id) as never)),
    loadNumbers: (numbers: readonly number[]) => byNumbers.all(JSON.stringify(numbers)),
  }
}

export const open = ({ database, transfer }: ModuleContext): Operations => {
  migrate(database, 'mailbox', SCHEMA)
  return {
    ...journalOperations(database, transfer),
    ...mailboxOperations(database),
    settle: settleOperation(database),
    reclaim: reclaimOperation(database),
    sweep: sweepOperation(database),
    page: pageOperation(database, transfer),
  }
}
