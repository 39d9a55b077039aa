/**
 * Feeds a device's letters from its mailbox to its session: carries out what inbox.ts asks for.
 */
import type { Following, MailboxReader, PageLimit, StoredLetter } from '@isthmus/mailbox/port'
import type { DeviceId } from '@isthmus/runtime/ids'
import type { Logger } from '@isthmus/runtime/logger'
import { Inbox, type InboxEffects } from './inbox.ts'

/** Whom the letters are for. */
export interface FeedHost {
  readonly deliver: (letter: StoredLetter) => void
  /** Whether the socket takes more now. */
  readonly writable: () => boolean
  /** The reader has nothing to acknowledge, or has acknowledged something. */
  readonly keptUp: () => void
  /** The mailbox could not be opened. */
  readonly feedFailed: () => void
}

export interface FeedOptions {
  /** Letters that may be unacknowledged. */
  readonly window: number
  /** Begin after this sequence, if the cursor is not beyond it. */
  readonly after: number
}

export class Feed implements InboxEffects {
  readonly #mailboxes: MailboxReader
  readonly #log: Logger
  readonly #device: DeviceId
  readonly #host: FeedHost
  readonly #following: Following
  #inbox: Inbox | undefined
  #stopped = false

  constructor(
    mailboxes: MailboxReader,
    log: Logger,
    device: DeviceId,
    host: FeedHost,
    options: FeedOptions,
  ) {
    this.#mailboxes = mailboxes
    this.#log = log
    this.#device = device
    this.#host = host
    // Follow first and read afterwards, so that no letter falls between the two.
    this.#following = mailboxes.follow(device, (letter) => this.#inbox?.told(letter))
    mailboxes.cursor(device).then(
      (cursor) => {
        if (this.#stopped) return
        this.#inbox = new Inbox(this, options.window, Math.max(cursor, options.after))
      },
      (error: unknown) => {
        log.warn({ err: error }, 'a mailbox could not be opened')
        if (!this.#stopped) host.feedFailed()
      },
    )
  }

  /** Letters delivered and not yet acknowledged. */
  get unacknowledged(): number {
    return this.#inbox?.unacknowledged ?? 0
  }

  /** Asks again for what is known to be missing. */
  retry(): void {
    this.#inbox?.retry()
  }

  acknowledge(upTo: number): void {
    if (this.#inbox) this.#inbox.acknowledgeUpTo(upTo)
    // Before the first letter the device speaks of those that it got before.
    else this.#mailboxes.acknowledge(this.#device, upTo)
  }

  acknowledgeOne(sequence: number): void {
    this.#inbox?.acknowledgeOne(sequence)
  }

  stop(): void {
    this.#stopped = true
    this.#following.stop()
    this.#inbox = undefined
  }

  // What the inbox asks for.

  deliver(letter: StoredLetter): void {
    if (this.unacknowledged === 1) this.#host.keptUp()
    this.#host.deliver(letter)
  }

  writable(): boolean {
    return this.#host.writable()
  }

  moveCursor(upTo: number): void {
    this.#host.keptUp()
    this.#mailboxes.acknowledge(this.#device, upTo)
  }

  readPage(after: number, limit: PageLimit): void {
    this.#mailboxes.read(this.#device, after, limit).then(
      (page) => this.#inbox?.page(page),
      (error: unknown) => {
        this.#log.warn({ err: error }, 'a mailbox could not be read')
        this.#inbox?.readFailed()
      },
    )
  }
}
