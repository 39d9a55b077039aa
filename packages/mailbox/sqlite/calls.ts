/** What the adapter asks of its module in the writer thread, and what it is answered. */
import type { DeviceId } from '@isthmus/runtime/ids'

/** The last moment that a JavaScript date can name, in ms; stands for "never". */
export const NEVER = 8.64e15

/** A buffer that holds records in its first `length` bytes. */
export interface PackedRecords {
  readonly buffer: ArrayBuffer
  readonly length: number
}

export interface Totals {
  readonly letters: number
  readonly bytes: number
  readonly mailboxes: number
}

export interface MailboxRow {
  readonly number: number
  readonly id: DeviceId
  readonly head: number
  readonly cursor: number
  readonly letters: number
  readonly bytes: number
  readonly soonest: number
  /** Whether letters that are acknowledged still lie on the shelf. */
  readonly litter: boolean
}

/**
 * The same for the start, where there may be many, as bare cells: number, id, head, cursor,
 * letters, bytes, soonest. Litter is left to the sweep.
 */
export type RowCells = readonly [number, DeviceId, number, number, number, number, number]

export interface JournalRow {
  readonly id: number
  readonly records: Uint8Array<ArrayBuffer>
}

export interface KeyRun {
  readonly first: number
  readonly at: number
  readonly keys: Uint8Array<ArrayBuffer>
}

export interface StartAnswer {
  readonly journal: readonly JournalRow[]
  readonly keys: readonly KeyRun[]
  readonly totals: Totals
  /** The highest number of a mailbox that has a row. */
  readonly lastNumber: number
}

export interface CommitCall {
  readonly id: number
  readonly records: PackedRecords
}

export interface SettleCall {
  /** Letter records to shelve, ordered by mailbox. */
  readonly shelve: PackedRecords | undefined
  readonly created: readonly { readonly number: number; readonly id: DeviceId }[]
  /** For each mailbox of the slice its number, head and cursor. */
  readonly marks: Float64Array
  readonly keys: KeyRun | undefined
  /** Keys before this position are forgotten. */
  readonly forget: number
  /** Journal rows up to this id are done. */
  readonly trim: number
}

export interface ReclaimCall {
  readonly number: number
  readonly cursor: number
  readonly now: number
  /** Letters to delete at most. */
  readonly limit: number
}

export interface ReclaimAnswer {
  /** Deleted. */
  readonly letters: number
  readonly bytes: number
  readonly soonest: number
  readonly more: boolean
}

export interface PageCall {
  readonly number: number
  /** Sequences in (after, floor]. */
  readonly after: number
  readonly floor: number
  readonly now: number
  readonly letters: number
  readonly bytes: number
}

export interface PageAnswer {
  readonly sequences: readonly number[]
  /** Where each letter ends in `sealed`. */
  readonly ends: readonly number[]
  readonly sealed: ArrayBuffer
  /** Whether a limit ended the page. */
  readonly more: boolean
}

export interface SweepCall {
  readonly after: number
  readonly limit: number
  readonly now: number
}

export interface SweepAnswer {
  /** Mailboxes that hold letters to delete. */
  readonly ids: readonly DeviceId[]
  /** Where to go on; 0 at the end. */
  readonly next: number
}
