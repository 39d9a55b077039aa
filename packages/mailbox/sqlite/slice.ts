/** Cuts a slice off the front of the journal: what is to be saved and shelved so that it can go. */
import type { Box, Group, Letter } from './box.ts'
import type { SettleCall } from './calls.ts'
import type { KeyMemory } from './key-memory.ts'
import { recordWriter } from './records.ts'

export interface Shelving {
  readonly letter: Letter
  /** The letter may be acknowledged, and its bytes let go, while the slice is on its way. */
  readonly size: number
}

export interface Slice {
  readonly boxes: readonly Box[]
  readonly shelvings: readonly Shelving[]
  /** Groups that it finishes, and how far it goes into the one after them. */
  readonly groups: number
  readonly settled: number
}

export interface SliceLimits {
  /** Mailboxes to save, where a letter to shelve counts as `SHELVING` of them. */
  readonly work: number
  /** Bytes to shelve. */
  readonly bytes: number
}

/** How many times the work of saving a mailbox shelving a letter is. */
const SHELVING = 8

/**
 * @param id tells this slice from others.
 * @param ripe whether a group may go now.
 */
export const cutSlice = (
  groups: readonly Group[],
  id: number,
  now: number,
  limits: SliceLimits,
  ripe: (group: Group) => boolean,
): Slice => {
  const boxes: Box[] = []
  const shelvings: Shelving[] = []
  let shelfBytes = 0

  const include = (box: Box): void => {
    if (box.slice === id) return
    box.slice = id
    box.mark = 0
    boxes.push(box)
  }
  const full = (): boolean =>
    shelvings.length * SHELVING + boxes.length >= limits.work || shelfBytes >= limits.bytes
  /** How far into the group the slice gets. */
  const take = (group: Group): number => {
    const { letters } = group
    for (let at = group.settled; at < letters.length; at++) {
      if (full()) return at
      const letter = letters[at]!
      include(letter.box)
      letter.box.mark = letter.sequence
      if (!letter.held || !(letter.expiresAt > now)) continue
      const size = letter.bytes.length
      shelvings.push({ letter, size })
      shelfBytes += size
    }
    return letters.length
  }
  for (const [done, group] of groups.entries()) {
    if (full() || !ripe(group)) return { boxes, shelvings, groups: done, settled: 0 }
    const settled = take(group)
    if (settled < group.letters.length) return { boxes, shelvings, groups: done, settled }
    group.marked.forEach(include)
  }
  return { boxes, shelvings, groups: groups.length, settled: 0 }
}

const byPlace = (a: Shelving, b: Shelving): number =>
  a.letter.box.number - b.letter.box.number || a.letter.sequence - b.letter.sequence

const shelve = (shelvings: readonly Shelving[]): SettleCall['shelve'] => {
  if (shelvings.length === 0) return undefined
  const size = shelvings.reduce((sum, shelving) => sum + shelving.size + 32, 0)
  const writer = recordWriter(() => new ArrayBuffer(size))
  for (const { letter } of shelvings.toSorted(byPlace)) {
    writer.letter(letter.box.number, letter.sequence, letter.expiresAt, letter.bytes)
  }
  const length = writer.length()
  return { buffer: writer.take(), length }
}

/** @param finished the groups that the slice finishes. */
export const settleCall = (
  slice: Slice,
  finished: readonly Group[],
  keys: KeyMemory,
): SettleCall => {
  const oldest = finished[0]
  const newest = finished.at(-1)
  const first = Math.max(oldest?.firstKey ?? 0, keys.start())
  const end = newest?.endKey ?? 0
  const marks = new Float64Array(slice.boxes.length * 3)
  for (const [i, box] of slice.boxes.entries()) {
    marks.set([box.number, box.mark, box.cursor], i * 3)
  }
  return {
    shelve: shelve(slice.shelvings),
    created: slice.boxes.filter(({ saved }) => !saved).map(({ number, id }) => ({ number, id })),
    marks,
    keys:
      newest && end > first
        ? { first, at: Math.ceil(newest.time), keys: keys.copy(first, end) }
        : undefined,
    forget: keys.start(),
    trim: newest?.id ?? 0,
  }
}
