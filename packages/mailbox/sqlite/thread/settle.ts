/** Takes a slice off the front of the journal, in one transaction. */
import type { DatabaseSync } from 'node:sqlite'
import { NEVER, type SettleCall } from '../calls.ts'
import { visitRecords } from '../records.ts'
import { totalsOf } from './totals.ts'

interface Added {
  letters: number
  bytes: number
  soonest: number
}

const NOTHING: Readonly<Added> = { letters: 0, bytes: 0, soonest: NEVER }

/** Puts letter records on the shelf; gives what came to each mailbox's. */
const shelver = (database: DatabaseSync) => {
  const insert = database.prepare(
    'INSERT INTO mailbox_shelf (place, expires, sealed) VALUES (?1 << 32 | ?2, ?3, ?4)',
  )
  return (records: Uint8Array): ReadonlyMap<number, Added> => {
    const mailboxes = new Map<number, Added>()
    visitRecords(records, {
      letter: (number, sequence, expiresAt, sealed) => {
        const expires = Math.min(Math.ceil(expiresAt), NEVER)
        insert.run(number, sequence, expires, sealed)
        const added = mailboxes.get(number) ?? { ...NOTHING }
        added.letters++
        added.bytes += sealed.length
        added.soonest = Math.min(added.soonest, expires)
        mailboxes.set(number, added)
      },
    })
    return mailboxes
  }
}

/** Writes the mailboxes' heads, cursors and counts. */
const saver = (database: DatabaseSync) => {
  const create = database.prepare(
    'INSERT INTO mailboxes (number, id, head, cursor) VALUES (?, ?, 0, 0)',
  )
  const save = database.prepare(
    `UPDATE mailboxes SET head = max(head, ?2), cursor = max(cursor, ?3),
       soonest = CASE letters WHEN 0 THEN ?6 ELSE min(soonest, ?6) END,
       letters = letters + ?4, bytes = bytes + ?5
     WHERE number = ?1 RETURNING letters`,
  )
  const totals = totalsOf(database)
  return ({ created, marks }: SettleCall, shelved: ReadonlyMap<number, Added>): void => {
    const sum = { letters: 0, bytes: 0, mailboxes: 0 }
    for (const { number, id } of created) create.run(number, id)
    for (let at = 0; at < marks.length; at += 3) {
      const number = marks[at]!
      const { letters, bytes, soonest } = shelved.get(number) ?? NOTHING
      const row = save.get(number, marks[at + 1]!, marks[at + 2]!, letters, bytes, soonest)
      sum.letters += letters
      sum.bytes += bytes
      if (letters > 0 && row?.['letters'] === letters) sum.mailboxes++
    }
    if (sum.letters > 0) totals.add(sum)
  }
}

export const settleOperation = (database: DatabaseSync): ((call: SettleCall) => void) => {
  const shelve = shelver(database)
  const save = saver(database)
  const keep = database.prepare('INSERT INTO mailbox_keys (first, at, keys) VALUES (?, ?, ?)')
  const forget = database.prepare(
    'DELETE FROM mailbox_keys WHERE first < ?1 AND first + length(keys) / 16 <= ?1',
  )
  const trim = database.prepare('DELETE FROM mailbox_journal WHERE id <= ?')
  return (call) => {
    const { buffer, length } = call.shelve ?? { buffer: new ArrayBuffer(0), length: 0 }
    save(call, shelve(new Uint8Array(buffer, 0, length)))
    if (call.keys) keep.run(call.keys.first, call.keys.at, call.keys.keys)
    if (call.forget > 0) forget.run(call.forget)
    if (call.trim > 0) trim.run(call.trim)
  }
}
