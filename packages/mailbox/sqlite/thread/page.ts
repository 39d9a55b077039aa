/** Reads a page from the shelf. */
import type { DatabaseSync } from 'node:sqlite'
import type { ModuleContext } from '@isthmus/sqlite/module'
import type { PageAnswer, PageCall } from '../calls.ts'

interface Row {
  readonly sequence: number
  readonly sealed: Uint8Array
}

const pack = (rows: readonly Row[], bytes: number): ArrayBuffer => {
  const packed = new Uint8Array(bytes)
  let at = 0
  for (const { sealed } of rows) {
    packed.set(sealed, at)
    at += sealed.length
  }
  return packed.buffer
}

export const pageOperation = (
  database: DatabaseSync,
  transfer: ModuleContext['transfer'],
): ((call: PageCall) => PageAnswer) => {
  const select = database.prepare(
    `SELECT place & 0xffffffff AS sequence, sealed FROM mailbox_shelf
     WHERE place > (?1 << 32 | ?2) AND place <= (?1 << 32 | ?3) AND expires > ?4
     ORDER BY place LIMIT ?5`,
  )
  return ({ number, after, floor, now, letters, bytes }) => {
    const rows: Row[] = []
    const ends: number[] = []
    let total = 0
    let full = false
    for (const row of select.iterate(number, after, floor, now, letters)) {
      const { sequence, sealed } = row as unknown as Row
      rows.push({ sequence, sealed })
      total += sealed.length
      ends.push(total)
      full = rows.length >= letters || total >= bytes
      if (full) break
    }
    const sealed = pack(rows, total)
    transfer(sealed)
    return { sequences: rows.map(({ sequence }) => sequence), ends, sealed, more: full }
  }
}
