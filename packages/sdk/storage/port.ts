/**
 * Where a client keeps what must survive: messages that the relay has not accepted yet, what it
 * has seen, the identity keys that it knows, letters that it could not open.
 *
 * Guarantees, on every adapter:
 * - durable: what `put` and `delete` have resolved for is there after the process ended at any
 *   moment, as far as the adapter keeps anything (memory does not).
 * - order: later calls win over earlier ones, also across a crash: if a call's effect is there, so
 *   are the effects of all calls before it.
 * - a call that rejects has changed nothing for certain, and may be made again.
 *
 * One client uses a store at a time. Clients of several devices may share one: each keeps to keys
 * that begin with its device id.
 */
export interface Store {
  /** All keys that begin with `prefix`, with their values, in no order. */
  readonly entries: (prefix: string) => Promise<ReadonlyMap<string, string>>
  /** Values have up to about 100,000 characters. */
  readonly put: (key: string, value: string) => Promise<void>
  /** A key that is not there is no error. */
  readonly delete: (key: string) => Promise<void>
}
