/**
 * Mailboxes: one for each device, named by its device id, holding sealed letters until the device
 * acknowledges them or they expire. Routers hold the writer, gateways the reader.
 *
 * Guarantees, on every adapter:
 * - durable: `append` resolves only when every letter of the batch is on disk (P1), and what is on
 *   disk survives kill -9 at any moment (P2).
 * - atomic and idempotent: a submission's letters are stored all or none; a key that was stored
 *   before stores nothing again, for as long as `rememberMs` says, also after its letters were
 *   acknowledged and after a restart (P3). One submission's outcome never changes a neighbour's.
 * - order: letters of one mailbox get sequences in the order in which `append` was called, and
 *   within a batch in the batch's order (P4). Sequences strictly increase, are never given out
 *   twice, not even after a deletion or a restart, and each letter names the one before it, so
 *   that a reader sees every gap. Embedded, they have no holes: previous is sequence - 1.
 * - bounded: a mailbox takes at most its quota of letters and bytes; beyond it, `full` (P7).
 * - followers are told of each letter after it is durable, in order; a telling may get lost (in
 *   the cluster it travels on a lossy bus) and is a hint: `read` is the truth.
 */
import type { DeviceId } from '@isthmus/runtime/ids'

export interface AppendRequest {
  /** Tells a repetition: 16 bytes, see `submissionKey`. */
  readonly key: Uint8Array
  /** One or more letters, no mailbox twice. */
  readonly letters: readonly NewLetter[]
}

export interface NewLetter {
  readonly mailbox: DeviceId
  /** Stored and given back as they are. */
  readonly bytes: Uint8Array
  /** Milliseconds since the Unix epoch from which on the letter is not delivered any more. */
  readonly expiresAt: number
}

/**
 * - `stored`: every letter is durable.
 * - `repeated`: the key was stored before; nothing was stored now.
 * - `full`: one of the mailboxes is at its quota; nothing was stored and the key is not remembered.
 */
export type AppendOutcome = 'stored' | 'repeated' | 'full'

export interface MailboxWriter {
  /**
   * One outcome for each request, in order. Requests that wait together are committed together.
   * @throws MailboxError `unavailable` when the store can't write (disk full, closed): then
   * nothing is certain and the same keys may be appended again.
   */
  readonly append: (requests: readonly AppendRequest[]) => Promise<readonly AppendOutcome[]>
  /** Whether a key is remembered as stored. */
  readonly seen: (key: Uint8Array) => Promise<boolean>
  /** Deletes a mailbox with all that is in it (its device was revoked). */
  readonly remove: (mailbox: DeviceId) => Promise<void>
}

export interface StoredLetter {
  /** From 1, strictly increasing in a mailbox. */
  readonly sequence: number
  /** The sequence of the letter before it in the mailbox, delivered or not; 0 for the first. */
  readonly previous: number
  readonly bytes: Uint8Array
}

export interface Page {
  /** In order, each with a sequence over `after`; expired letters are left out. */
  readonly letters: readonly StoredLetter[]
  /**
   * The sequence up to which this page is complete: go on from here. Never below `after`; above
   * the last letter's sequence when what followed it has expired.
   */
  readonly upTo: number
  /** Whether there may be more beyond `upTo`. */
  readonly more: boolean
}

export interface MailboxReader {
  /** The cursor: the sequence up to which the device has acknowledged. 0 for a new mailbox. */
  readonly cursor: (mailbox: DeviceId) => Promise<number>
  /**
   * A page of letters after a sequence: at most `limit.letters`, and no further letter once
   * `limit.bytes` are reached (one letter over the limit is still given, so that no letter blocks).
   * @throws MailboxError `unavailable`.
   */
  readonly read: (mailbox: DeviceId, after: number, limit: PageLimit) => Promise<Page>
  /**
   * Moves the cursor up to a sequence and deletes what it covers. A cursor never moves back; one
   * beyond the last letter counts as the last. Returns at once: acknowledgements are written with
   * the next group, and one that is lost in a crash means only that letters come again.
   */
  readonly acknowledge: (mailbox: DeviceId, upTo: number) => void
  /** Tells of each letter appended from now on, after it is durable. One follower a mailbox. */
  readonly follow: (mailbox: DeviceId, tell: (letter: StoredLetter) => void) => Following
}

export interface PageLimit {
  readonly letters: number
  readonly bytes: number
}

export interface Following {
  readonly stop: () => void
}

export interface Mailboxes extends MailboxWriter, MailboxReader {
  readonly stats: () => Promise<MailboxStats>
  /** Writes what waits, then closes. Further calls throw `unavailable`. */
  readonly close: () => Promise<void>
}

export interface MailboxStats {
  /** Letters that wait for an acknowledgement, their bytes, and mailboxes that hold any. */
  readonly letters: number
  readonly bytes: number
  readonly mailboxes: number
}

export interface MailboxOptions {
  /** For one mailbox. */
  readonly quota: { readonly letters: number; readonly bytes: number }
  /** Milliseconds for which a submission's key is remembered, at least. */
  readonly rememberMs: number
  readonly now: () => number
}

export const DEFAULT_MAILBOX_OPTIONS: MailboxOptions = {
  quota: { letters: 10_000, bytes: 64 * 1_048_576 },
  rememberMs: 24 * 3_600_000,
  now: Date.now,
}

export class MailboxError extends Error {
  override readonly name = 'MailboxError'
  readonly reason = 'unavailable'

  constructor(what: string, options?: ErrorOptions) {
    super(`mailbox: ${what}`, options)
  }
}
