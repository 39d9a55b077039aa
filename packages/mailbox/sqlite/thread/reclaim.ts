/** Deletes from the shelf what was acknowledged and what has expired. */
import type { DatabaseSync } from 'node:sqlite'
import type { DeviceId } from '@isthmus/runtime/ids'
import {
  NEVER,
  type ReclaimAnswer,
  type ReclaimCall,
  type SweepAnswer,
  type SweepCall,
} from '../calls.ts'
import { totalsOf } from './totals.ts'

/** Deletes up to a limit of a mailbox's letters, and gives their sizes. */
const remover = (database: DatabaseSync, condition: string) => {
  // The build has no DELETE with LIMIT.
  const statement = database.prepare(
    `DELETE FROM mailbox_shelf WHERE place IN (
       SELECT place FROM mailbox_shelf
       WHERE place > ?1 << 32 AND ${condition} ORDER BY place LIMIT ?3)
     RETURNING length(sealed) AS size`,
  )
  return (number: number, bound: number, limit: number): number[] =>
    statement.all(number, bound, limit).map(({ size }) => Number(size))
}

export const reclaimOperation = (
  database: DatabaseSync,
): ((call: ReclaimCall) => ReclaimAnswer) => {
  const totals = totalsOf(database)
  // With letters that were acknowledged goes what tells of it: so the cursor must be in the row.
  const move = database.prepare(
    `UPDATE mailboxes SET cursor = max(cursor, ?2) WHERE number = ?1 RETURNING letters, soonest`,
  )
  const removeAcknowledged = remover(database, 'place <= (?1 << 32 | ?2)')
  const removeExpired = remover(database, 'place <= (?1 << 32 | 0xffffffff) AND expires <= ?2')
  const earliest = database.prepare(
    `SELECT min(expires) AS soonest FROM mailbox_shelf
     WHERE place > ?1 << 32 AND place <= (?1 << 32 | 0xffffffff)`,
  )
  const count = database.prepare(
    `UPDATE mailboxes SET letters = letters - ?2, bytes = bytes - ?3, soonest = ?4
     WHERE number = ?1`,
  )

  return ({ number, cursor, now, limit }) => {
    const row = move.get(number, cursor)
    const present = Number(row?.['letters'] ?? 0)
    const known = Number(row?.['soonest'] ?? NEVER)
    const gone = removeAcknowledged(number, cursor, limit)
    const due = present > 0 && known <= now
    if (due && gone.length < limit) gone.push(...removeExpired(number, now, limit - gone.length))

    const letters = gone.length
    const bytes = gone.reduce((sum, size) => sum + size, 0)
    const more = letters >= limit
    const recount = due && !more
    const soonest = recount ? Number(earliest.get(number)?.['soonest'] ?? NEVER) : known
    if (letters > 0 || recount) count.run(number, letters, bytes, soonest)
    if (letters > 0) {
      const mailboxes = letters === present ? -1 : 0
      totals.add({ letters: -letters, bytes: -bytes, mailboxes })
    }
    return { letters, bytes, soonest: letters === present ? NEVER : soonest, more }
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
