/** The adapter's half in the writer thread. */
import type { DatabaseSync } from 'node:sqlite'
import { migrate } from '@isthmus/sqlite/migrate'
import type { ModuleContext, Operations } from '@isthmus/sqlite/module'
import type { CommitCall, JournalRow, KeyRun, MailboxRow, StartAnswer, Totals } from '../calls.ts'
import { pageOperation } from './page.ts'
import { reclaimOperation, sweepOperation } from './reclaim.ts'
import { SCHEMA } from './schema.ts'
import { settleOperation } from './settle.ts'

export const bare = ['start', 'load', 'loadNumbers', 'commit', 'page', 'sweep']

const journalOperations = (
  database: DatabaseSync,
  transfer: ModuleContext['transfer'],
): Operations => {
  const insert = database.prepare('INSERT INTO mailbox_journal (id, records) VALUES (?, ?)')
  const journal = database.prepare('SELECT id, records FROM mailbox_journal ORDER BY id')
  const keys = database.prepare('SELECT first, at, keys FROM mailbox_keys ORDER BY first')
  const totals = database.prepare('SELECT letters, bytes, mailboxes FROM mailbox_totals')
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
      totals: totals.get() as unknown as Totals,
      lastNumber: Number(last.get()?.['number'] ?? 0),
    }),
  }
}

const mailboxOperations = (database: DatabaseSync): Operations => {
  const byId = database.prepare('SELECT * FROM mailboxes WHERE id = ?')
  const byNumber = database.prepare('SELECT * FROM mailboxes WHERE number = ?')
  const litter = database.prepare(
    'SELECT 1 FROM mailbox_shelf WHERE place > ?1 << 32 AND place <= (?1 << 32 | ?2) LIMIT 1',
  )
  const withLitter = (row: Record<string, unknown> | undefined): MailboxRow | undefined => {
    if (!row) return undefined
    const mailbox = row as unknown as MailboxRow
    const { number, cursor, letters } = mailbox
    return { ...mailbox, litter: letters > 0 && litter.get(number, cursor) !== undefined }
  }
  return {
    load: (ids: readonly string[]) => ids.map((id) => withLitter(byId.get(id))),
    loadNumbers: (numbers: readonly number[]) =>
      numbers.map((number) => withLitter(byNumber.get(number))),
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
