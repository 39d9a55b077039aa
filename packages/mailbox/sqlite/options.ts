import { DEFAULT_MAILBOX_OPTIONS, type MailboxOptions } from '../port.ts'

export interface SqliteMailboxOptions extends MailboxOptions {
  /**
   * Keys to remember at most, the newest, also when they are younger than `rememberMs`. Each takes
   * about 25 bytes of memory.
   */
  readonly maxKeys: number
  /** Milliseconds after which a letter that is not acknowledged moves to the shelf. */
  readonly settleAfterMs: number
  /** Bytes of letters to hold in memory; beyond it, `append` waits for the shelf. */
  readonly maxHeldBytes: number
  /** Bytes of acknowledged journal rows that are worth deleting. */
  readonly trimBytes: number
  /** Milliseconds between two searches for expired letters; the first comes soon after the start. */
  readonly sweepMs: number
  /** Mailboxes whose counters stay in memory though nothing happens in them. */
  readonly residents: number
}

export const DEFAULT_SQLITE_MAILBOX_OPTIONS: SqliteMailboxOptions = {
  ...DEFAULT_MAILBOX_OPTIONS,
  maxKeys: 2_000_000,
  settleAfterMs: 3_000,
  maxHeldBytes: 64 * 1_048_576,
  trimBytes: 1_048_576,
  sweepMs: 3_600_000,
  residents: 50_000,
}
