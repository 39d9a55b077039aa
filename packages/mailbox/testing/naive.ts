/**
 * The floor that the benchmark measures against: one row a letter at the end of a plain table,
 * acknowledged rows deleted from its front, no keys, no cursors, no quotas.
 */
import type { ModuleContext, Operations } from '@isthmus/sqlite/module'

export interface NaiveLetter {
  readonly mailbox: string
  readonly bytes: Uint8Array
}

export const bare = ['append']

export const open = ({ database }: ModuleContext): Operations => {
  database.exec('CREATE TABLE naive (id INTEGER PRIMARY KEY, mailbox TEXT, bytes BLOB) STRICT')
  const insert = database.prepare('INSERT INTO naive (mailbox, bytes) VALUES (?, ?)')
  const remove = database.prepare('DELETE FROM naive WHERE id <= ?')
  let acknowledged = 0
  return {
    append: (letters: readonly NaiveLetter[]) => {
      remove.run(acknowledged)
      for (const { mailbox, bytes } of letters) {
        acknowledged = Number(insert.run(mailbox, bytes).lastInsertRowid)
      }
    },
  }
}
