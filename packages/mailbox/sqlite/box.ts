/**
 * A mailbox in memory: its counters, and the letters that only the journal holds. Those are a
 * linked list in order of sequence, older ones lie on the shelf.
 */
import type { DeviceId } from '@isthmus/runtime/ids'
import type { StoredLetter } from '../port.ts'
import { NEVER } from './calls.ts'

export interface Letter {
  readonly box: Box
  readonly group: Group
  readonly sequence: number
  readonly expiresAt: number
  /** Empty once the letter is not held any more. */
  bytes: Uint8Array
  held: boolean
  next: Letter | undefined
}

/** A row of the journal: what was committed together. */
export interface Group {
  readonly id: number
  /** Milliseconds since the epoch, for the keys' age. */
  readonly time: number
  /** By the steady clock, for the letters' way to the shelf. */
  readonly since: number
  readonly letters: Letter[]
  /** Mailboxes that the row names, each once. */
  readonly marked: Box[]
  /** Mailboxes whose number is new in the row. */
  readonly created: Box[]
  /** Its keys' positions are [firstKey, endKey). */
  readonly firstKey: number
  endKey: number
  /** Bytes of the row. */
  size: number
  /** Letters that are still held. */
  open: number
  /** Letters from the front that are settled. */
  settled: number
  /** Whether its letters own their bytes. */
  detached: boolean
}

export interface Box {
  readonly id: DeviceId
  /** Whether the numbers below are known. */
  ready: boolean
  /** 0 until its first letter. */
  number: number
  /** Whether it has a row in `mailboxes`. */
  saved: boolean
  /** The last sequence given out, and the last one that is durable. */
  head: number
  visible: number
  cursor: number
  first: Letter | undefined
  last: Letter | undefined
  /** Held letters, their bytes, and a time before which none of them expires. */
  letters: number
  bytes: number
  heldSoonest: number
  shelfLetters: number
  shelfBytes: number
  /** The earliest expiry on the shelf. */
  soonest: number
  /** Whether acknowledged letters may still lie on the shelf. */
  litter: boolean
  tell: ((letter: StoredLetter) => void) | undefined
  /** The last group that names the mailbox: its row is stale until that group is settled. */
  lastGroup: number
  /** Whether it waits for its cursor to be written; whether for its shelf to be cleared. */
  acking: boolean
  reclaiming: boolean
  /** Used since the last look for mailboxes to drop. */
  touched: boolean
  /** The slice that is saving it, and the head to save. */
  slice: number
  mark: number
}

export const createBox = (id: DeviceId): Box => ({
  id,
  ready: false,
  number: 0,
  saved: false,
  head: 0,
  visible: 0,
  cursor: 0,
  first: undefined,
  last: undefined,
  letters: 0,
  bytes: 0,
  heldSoonest: NEVER,
  shelfLetters: 0,
  shelfBytes: 0,
  soonest: NEVER,
  litter: false,
  tell: undefined,
  lastGroup: 0,
  acking: false,
  reclaiming: false,
  touched: true,
  slice: 0,
  mark: 0,
})

export const createGroup = (id: number, time: number, firstKey: number): Group => ({
  id,
  time,
  since: performance.now(),
  letters: [],
  marked: [],
  created: [],
  firstKey,
  endKey: firstKey,
  size: 0,
  open: 0,
  settled: 0,
  detached: false,
})
