/** What becomes of a message that was sent: accepted, delivered, read. */
import { SendError } from '../errors.ts'
import type { ReceiptKind } from './receipts.ts'

export type SendingState = 'queued' | 'accepted' | 'delivered' | 'read' | 'failed'

/** Word from a device of the recipient. */
export interface ReceiptNote {
  /** The address of the device that sent it: the recipient's, or one linked with it. */
  readonly from: string
  /** The recipient's clock: milliseconds since the Unix epoch. */
  readonly at: number
}

/**
 * A message on its way. Its promises may be left alone: one that rejects without being waited for
 * disturbs nobody.
 */
export interface Sending {
  /** The message id: what edits, reactions and deletions refer to. */
  readonly id: string
  /** `network:handle`. */
  readonly to: string
  readonly state: SendingState
  /** The relay has it durably. Rejects with SendError. */
  readonly accepted: Promise<void>
  /** A device of the recipient has opened it. Rejects with SendError as `accepted` does. */
  readonly delivered: Promise<ReceiptNote>
  /** The person has seen it. Rejects with SendError as `accepted` does. */
  readonly read: Promise<ReceiptNote>
}

interface Tracked {
  readonly sending: { state: SendingState } & Sending
  readonly accepted: PromiseWithResolvers<void>
  readonly delivered: PromiseWithResolvers<ReceiptNote>
  readonly read: PromiseWithResolvers<ReceiptNote>
  /** The devices that it was sealed for, as their X25519 keys in base64. */
  readonly sealedFor: Set<string>
}

/** Beyond so many, the oldest are not followed any more: their promises stay as they are. */
const MAX_TRACKED = 10_000

const RANK: Record<SendingState, number> = {
  failed: -1,
  queued: 0,
  accepted: 1,
  delivered: 2,
  read: 3,
}

const quietly = <T>(): PromiseWithResolvers<T> => {
  const resolvers = Promise.withResolvers<T>()
  resolvers.promise.catch(() => undefined)
  return resolvers
}

export class SendTracker {
  readonly #tracked = new Map<string, Tracked>()

  /** Follows a new message. */
  start(id: string, to: string): Sending {
    const [accepted, delivered, read] = [
      quietly<void>(),
      quietly<ReceiptNote>(),
      quietly<ReceiptNote>(),
    ]
    const sending = {
      ...{ id, to, state: 'queued' as SendingState },
      ...{ accepted: accepted.promise, delivered: delivered.promise, read: read.promise },
    }
    if (this.#tracked.size >= MAX_TRACKED) this.#letGoOfOldest()
    this.#tracked.set(id, { sending, accepted, delivered, read, sealedFor: new Set() })
    return sending
  }

  /** The message was sealed for a device, from whose account receipts may now come. */
  sealedFor(id: string, deviceKey: string): void {
    this.#tracked.get(id)?.sealedFor.add(deviceKey)
  }

  accepted(id: string): void {
    const tracked = this.#tracked.get(id)
    if (!tracked) return
    if (tracked.sending.state === 'queued') tracked.sending.state = 'accepted'
    tracked.accepted.resolve()
  }

  failed(id: string, error: SendError): void {
    const tracked = this.#tracked.get(id)
    if (!tracked) return
    tracked.sending.state = 'failed'
    for (const { reject } of [tracked.accepted, tracked.delivered, tracked.read]) reject(error)
    this.#tracked.delete(id)
  }

  /**
   * A receipt came. It counts only from a device that the message was sealed for: nobody else has
   * a say in what became of it.
   * @param news called with the recipient's address if it told something new.
   */
  receipt(
    id: string,
    kind: ReceiptKind,
    deviceKey: string,
    note: ReceiptNote,
    news: (to: string) => void,
  ): void {
    const tracked = this.#tracked.get(id)
    if (!tracked?.sealedFor.has(deviceKey)) return
    const { sending } = tracked
    // A receipt can overtake the relay's acceptance: it proves it.
    tracked.accepted.resolve()
    tracked.delivered.resolve(note)
    if (kind === 'read') {
      tracked.read.resolve(note)
      this.#tracked.delete(id)
    }
    if (RANK[kind] <= RANK[sending.state]) return
    sending.state = kind
    news(sending.to)
  }

  /** The client is closed: what is still open will not be followed. */
  close(): void {
    for (const id of [...this.#tracked.keys()]) this.failed(id, new SendError('closed'))
  }

  #letGoOfOldest(): void {
    const oldest = this.#tracked.keys().next()
    if (!oldest.done) this.#tracked.delete(oldest.value)
  }
}
