/** Keeps the counts in `mailboxes` and `mailbox_totals` in step with the shelf. */
import type { DatabaseSync } from 'node:sqlite'

/** What came onto a mailbox's shelf, or, negative, left it. */
export interface Change {
  readonly letters: number
  readonly bytes: number
  /** The earliest expiry on the shelf after the change. */
  readonly soonest: number
}

export const countChanges = (database: DatabaseSync) => {
  const update = database.prepare(
    `UPDATE mailboxes SET letters = letters + ?2, bytes = bytes + ?3, soonest = ?4
     WHERE number = ?1 RETURNING letters`,
  )
  const add = database.prepare(
    `UPDATE mailbox_totals
     SET letters = letters + ?, bytes = bytes + ?, mailboxes = mailboxes + ?`,
  )
  return (number: number, { letters, bytes, soonest }: Change): void => {
    const after = Number(update.get(number, letters, bytes, soonest)?.['letters'])
    add.run(letters, bytes, Number(after > 0) - Number(after - letters > 0))
  }
}
