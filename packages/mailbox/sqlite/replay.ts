/** Start: brings back from the journal what the last process held in memory. */
import type { DeviceId } from '@isthmus/runtime/ids'
import type { Ask } from './ask.ts'
import { type Box, createGroup, type Group } from './box.ts'
import type { JournalRow, MailboxRow, RowCells, StartAnswer } from './calls.ts'
import type { Held } from './held.ts'
import { createKeyMemory, KEY_BYTES, type KeyMemory } from './key-memory.ts'
import { visitRecords } from './records.ts'
import { fill, type Registry } from './registry.ts'
import { createMemory, type Memory } from './remember.ts'

export const start = (ask: Ask): Promise<StartAnswer> =>
  new Promise((resolve, reject) => ask('start', undefined, resolve, reject))

/** The rows of the mailboxes that the journal names, as of before it. */
export const rowsOf = (
  ask: Ask,
  journal: readonly JournalRow[],
): Promise<readonly MailboxRow[]> => {
  const numbers = new Set<number>()
  const note = (number: number): void => void numbers.add(number)
  for (const { records } of journal) visitRecords(records, { letter: note, ack: note })
  const toRow = ([number, id, head, cursor, letters, bytes, soonest]: RowCells): MailboxRow => ({
    number,
    id,
    head,
    cursor,
    letters,
    bytes,
    soonest,
    litter: false,
  })
  return new Promise((resolve, reject) => {
    ask('loadNumbers', [...numbers], (rows) => resolve(rows.map(toRow)), reject)
  })
}

export const restoreKeys = (
  { keys: runs }: StartAnswer,
  rememberMs: number,
  maxKeys: number,
): { readonly keys: KeyMemory; readonly memory: Memory } => {
  const stored = runs.reduce((sum, run) => sum + run.keys.length / KEY_BYTES, 0)
  const keys = createKeyMemory(runs[0]?.first, stored)
  const memory = createMemory(keys, rememberMs, maxKeys)
  for (const run of runs) {
    for (let at = 0; at < run.keys.length; at += KEY_BYTES) {
      keys.add(run.keys.subarray(at, at + KEY_BYTES))
    }
    memory.note(keys.end(), run.at)
  }
  return { keys, memory }
}

export interface Replay {
  readonly groups: Group[]
  /** The highest number that the journal gives to a mailbox. */
  readonly lastNumber: number
}

export const replay = (
  journal: readonly JournalRow[],
  rows: readonly MailboxRow[],
  registry: Registry,
  held: Held,
  keys: KeyMemory,
  memory: Memory,
): Replay => {
  const boxes = new Map<number, Box>()
  let lastNumber = 0
  const open = (number: number, id: DeviceId, row: MailboxRow | undefined): void => {
    const box = registry.get(id)
    fill(box, row)
    box.number = number
    boxes.set(number, box)
    lastNumber = Math.max(lastNumber, number)
  }
  for (const row of rows) open(row.number, row.id, row)

  const name = (group: Group, number: number): Box => {
    const box = boxes.get(number)
    if (!box) throw new Error(`journal row ${group.id} names an unknown mailbox`)
    if (box.lastGroup !== group.id) group.marked.push(box)
    box.lastGroup = group.id
    return box
  }
  const restore = ({ id, records }: JournalRow): Group => {
    let group = createGroup(id, 0, keys.end())
    visitRecords(records, {
      group: (time) => {
        group = createGroup(id, time, keys.end())
      },
      mailbox: (number, device) => {
        // It has a row already when the journal row was settled in part.
        if (!boxes.has(number)) open(number, device, undefined)
      },
      key: (key) => {
        if (keys.find(key) < 0) keys.add(key)
      },
      letter: (number, sequence, expiresAt, sealed) => {
        const box = name(group, number)
        // Settled before the rest of its row was.
        if (sequence <= box.head) return
        box.head = sequence - 1
        held.add(box, group, sealed, expiresAt)
        box.visible = sequence
      },
      ack: (number, sequence) => {
        const box = name(group, number)
        box.litter ||= box.shelfLetters > 0 && sequence > box.cursor
        box.cursor = Math.max(box.cursor, sequence)
        held.dropThrough(box, box.cursor)
        box.head = Math.max(box.head, box.cursor)
        box.visible = box.head
      },
    })
    group.endKey = keys.end()
    group.size = records.length
    memory.note(group.endKey, group.time)
    return group
  }
  return { groups: journal.map(restore), lastNumber }
}
