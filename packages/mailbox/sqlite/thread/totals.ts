/** The shelf's counts over all mailboxes, which no start could afford to count. */
import type { DatabaseSync } from 'node:sqlite'
import type { Totals } from '../calls.ts'

export const totalsOf = (database: DatabaseSync) => {
  const read = database.prepare('SELECT letters, bytes, mailboxes FROM mailbox_totals')
  const add = database.prepare(
    `UPDATE mailbox_totals
     SET letters = letters + ?, bytes = bytes + ?, mailboxes = mailboxes + ?`,
  )
  return {
    read: (): Totals => read.get() as unknown as Totals,
    add: ({ letters, bytes, mailboxes }: Totals): void => void add.run(letters, bytes, mailboxes),
  }
}
