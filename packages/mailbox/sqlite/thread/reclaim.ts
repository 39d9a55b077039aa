/** Deletes from the shelf what was acknowledged and what has expired. */
import type { DatabaseSync } from 'node:sqlite'
import {
  NEVER,
  type ReclaimAnswer,
  type ReclaimCall,
  type SweepAnswer,
  type SweepCall,
} from '../calls.ts'
import type { DeviceId } from '@isthmus/runtime/ids'
import { countChanges } from './counts.ts'

export const reclaimOperation = (
  database: DatabaseSync,
): ((call: ReclaimCall) => ReclaimAnswer) => {
  const change = countChanges(database)
  const mailbox = database.prepare('SELECT letters, soonest FROM mailboxes WHERE number = ?')
  // The build has no DELETE … LIMIT.
  const remove = (condition: string) =>
    database.prepare(
      `DELETE FROM mailbox_shelf WHERE place IN (
         SELECT place FROM mailbox_shelf
         WHERE place > ?1 << 32 AND ${condition} ORDER BY place LIMIT ?3)
       RETURNING length(sealed) AS size`,
    )
  const acknowledged = remove('place <= (?1 << 32 | ?2)')
  const expired = remove('place <= (?1 << 32 | 0xffffffff) AND expires <= ?2')
  // With the letters must go the memory that they were acknowledged.
  const move = database.prepare('UPDATE mailboxes SET cursor = max(cursor, ?2) WHERE number = ?1')
  const earliest = database.prepare(
    `SELECT min(expires) AS soonest FROM mailbox_shelf
     WHERE place > ?1 << 32 AND place <= (?1 << 32 | 0xffffffff)`,
  )
  const soonestOf = (number: number): number => Number(earliest.get(number)?.['soonest'] ?? NEVER)

  return ({ number, cursor, now, limit }) => {
    const row = mailbox.get(number)
    move.run(number, cursor)
    const gone = acknowledged.all(number, cursor, limit)
    const due = Number(row?.['soonest']) <= now
    if (due && gone.length < limit) {
      gone.push(...expired.all(number, now, limit - gone.length))
    }
    const more = gone.length >= limit
    const letters = gone.length
    const bytes = gone.reduce((sum, { size }) => sum + Number(size), 0)
    const empty = letters === Number(row?.['letters'])
    const known = empty ? NEVER : Number(row?.['soonest'])
    const soonest = due && !more && !empty ? soonestOf(number) : known
    if (letters > 0 || due) change(number, { letters: -letters, bytes: -bytes, soonest })
    return { letters, bytes, soonest, more }
  }
}

/** Looks through a run of mailboxes for such as hold expired or acknowledged letters. */
export const sweepOperation = (database: DatabaseSync): ((call: SweepCall) => SweepAnswer) => {
  const next = database.prepare(
    `SELECT number, id, letters > 0 AND (soonest <= ?3 OR EXISTS (
       SELECT 1 FROM mailbox_shelf WHERE place > number << 32 AND place <= (number << 32 | cursor)
     )) AS due FROM mailboxes
     WHERE number > ?1 ORDER BY number LIMIT ?2`,
  )
  return ({ after, limit, now }) => {
    const rows = next.all(after, limit, now)
    return {
      ids: rows.filter(({ due }) => due === 1).map(({ id }) => id as DeviceId),
      next: rows.length < limit ? 0 : Number(rows.at(-1)?.['number']),
    }
  }
}
