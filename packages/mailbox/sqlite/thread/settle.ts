/** Takes a slice off the front of the journal, in one transaction. */
import type { DatabaseSync } from 'node:sqlite'
import { NEVER, type SettleCall } from '../calls.ts'
import { visitRecords } from '../records.ts'
import { countChanges } from './counts.ts'

/** Puts letter records on the shelf. */
const shelver = (database: DatabaseSync): ((records: Uint8Array) => void) => {
  const change = countChanges(database)
  const present = database.prepare('SELECT letters, soonest FROM mailboxes WHERE number = ?')
  const insert = database.prepare(
    'INSERT INTO mailbox_shelf (place, expires, sealed) VALUES (?1 << 32 | ?2, ?3, ?4)',
  )
  const soonestOf = (number: number): number => {
    const row = present.get(number)
    return Number(row?.['letters']) > 0 ? Number(row?.['soonest']) : NEVER
  }
  return (records) => {
    const added = new Map<number, { letters: number; bytes: number; soonest: number }>()
    visitRecords(records, {
      letter: (number, sequence, expiresAt, sealed) => {
        const expires = Math.min(Math.ceil(expiresAt), NEVER)
        insert.run(number, sequence, expires, sealed)
        const entry = added.get(number) ?? { letters: 0, bytes: 0, soonest: soonestOf(number) }
        entry.letters++
        entry.bytes += sealed.length
        entry.soonest = Math.min(entry.soonest, expires)
        added.set(number, entry)
      },
    })
    for (const [number, entry] of added) change(number, entry)
  }
}

export const settleOperation = (database: DatabaseSync): ((call: SettleCall) => void) => {
  const shelve = shelver(database)
  const create = database.prepare(
    'INSERT INTO mailboxes (number, id, head, cursor) VALUES (?, ?, 0, 0)',
  )
  const mark = database.prepare(
    'UPDATE mailboxes SET head = max(head, ?2), cursor = max(cursor, ?3) WHERE number = ?1',
  )
  const keep = database.prepare('INSERT INTO mailbox_keys (first, at, keys) VALUES (?, ?, ?)')
  const forget = database.prepare(
    'DELETE FROM mailbox_keys WHERE first < ?1 AND first + length(keys) / 16 <= ?1',
  )
  const trim = database.prepare('DELETE FROM mailbox_journal WHERE id <= ?')
  return (call) => {
    for (const { number, id } of call.created) create.run(number, id)
    for (let at = 0; at < call.marks.length; at += 3) {
      mark.run(call.marks[at]!, call.marks[at + 1]!, call.marks[at + 2]!)
    }
    if (call.shelve) shelve(new Uint8Array(call.shelve.buffer, 0, call.shelve.length))
    if (call.keys) keep.run(call.keys.first, call.keys.at, call.keys.keys)
    if (call.forget > 0) forget.run(call.forget)
    if (call.trim > 0) trim.run(call.trim)
  }
}
