/**
 * The bus between services. It carries bytes (the messages of proto/) under subjects that are made
 * in subjects.ts alone.
 *
 * Guarantees, on every adapter:
 * - at most once: a published message reaches each subscriber once or, if the subscriber or the
 *   bus is away, not at all. Nothing that must survive travels by publish alone.
 * - order: what one publisher publishes on one subject reaches a subscriber in that order.
 * - a handler that throws harms no other handler and not the publisher.
 * - handlers run after the publishing call has returned, never inside it.
 * - the bytes are the receiver's to keep and must not be changed by anyone.
 */
export interface Bus {
  readonly publish: (subject: string, data: Uint8Array) => void
  /** Every subscriber of a subject gets every message of it. */
  readonly subscribe: (subject: string, handler: (data: Uint8Array) => void) => Subscription
  /**
   * Asks whoever responds on the subject.
   * @throws BusError `no-responders` at once, `timeout` after `timeoutMs`, `failed` if the
   * responder threw, `closed` after close.
   */
  readonly request: (subject: string, data: Uint8Array, timeoutMs: number) => Promise<Uint8Array>
  /** Responders of one subject share its requests: each request goes to one of them. */
  readonly respond: (
    subject: string,
    handler: (data: Uint8Array) => Promise<Uint8Array> | Uint8Array,
  ) => Subscription
  /** Ends all subscriptions; requests under way are rejected with `closed`. */
  readonly close: () => Promise<void>
}

export interface Subscription {
  readonly unsubscribe: () => void
}

export type BusErrorReason = 'no-responders' | 'timeout' | 'failed' | 'closed'

export class BusError extends Error {
  override readonly name = 'BusError'
  readonly reason: BusErrorReason

  constructor(reason: BusErrorReason, subject: string, options?: ErrorOptions) {
    super(`bus request on ${subject}: ${reason}`, options)
    this.reason = reason
  }
}
