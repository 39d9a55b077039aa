/**
 * A connection to one network's gateway, whatever its protocol.
 *
 * Guarantees, on every transport:
 * - submissions go out in the order of `submit`; each is answered once, or not at all if the
 *   connection ends first: then the same id may be submitted again on the next connection.
 * - `accepted` is the relay's word that every letter is durable.
 * - letters come in the order of their sequences, from the first that the device has not
 *   acknowledged; what is not acknowledged comes again on the next connection.
 * - `closed` is called once, last.
 */
import type { RelayCode } from '../errors.ts'

export interface Login {
  /** `network:handle`. */
  readonly address: string
  readonly deviceId: string
  readonly deviceToken: string
  /** The realm's domain. */
  readonly realm: string
}

export interface Submission {
  /** 1 to 64 bytes of UTF-8. */
  readonly id: string
  /** `network:handle`. */
  readonly to: string
  readonly letters: readonly SealedLetter[]
  /** 0: the relay's maximum. */
  readonly ttlSeconds: number
}

export interface SealedLetter {
  readonly deviceId: string
  /** A sealed box, 49 to 65,536 bytes. */
  readonly sealed: Uint8Array
}

export interface DeliveredLetter {
  /** From 1, strictly increasing for a device. */
  readonly sequence: number
  /** Milliseconds since the Unix epoch. */
  readonly acceptedAt: number
  readonly sealed: Uint8Array
}

export type Answer = { readonly accepted: true } | Refusal

export interface Refusal {
  readonly accepted: false
  readonly code: RelayCode
  /** With `stale-devices`: devices without a letter, and letters without a device. */
  readonly missing: readonly string[]
  readonly extra: readonly string[]
  readonly retryAfterMs: number | undefined
}

export type CloseCause =
  /** This side closed it. */
  | 'requested'
  /** No network, no server, a socket that broke or fell silent. */
  | 'lost'
  /** The relay restarts, or wants the client to catch up from its mailbox. */
  | 'going-away'
  /** The relay is overloaded or a part of it is away. */
  | 'try-later'
  /** The same device connected elsewhere. */
  | 'replaced'
  /** The device's token is wrong or revoked. */
  | 'unauthenticated'
  /** Either side found the other in breach of the protocol. */
  | 'protocol'

export interface Close {
  readonly cause: CloseCause
  /** For logs. */
  readonly detail: string
  readonly retryAfterMs?: number | undefined
}

export interface TransportEvents {
  readonly letter: (letter: DeliveredLetter) => void
  readonly answered: (id: string, answer: Answer) => void
  readonly closed: (close: Close) => void
}

export interface Connection {
  readonly submit: (submission: Submission) => void
  /** Everything up to this sequence is handled. */
  readonly acknowledge: (upTo: number) => void
  /** Ends the connection; `closed` follows. */
  readonly close: () => void
}

export interface Transport {
  /**
   * Connects and authenticates, resolving when submissions are taken and letters flow.
   * @throws ConnectError; then `closed` is not called.
   */
  readonly connect: (
    login: Login,
    events: TransportEvents,
    signal: AbortSignal,
  ) => Promise<Connection>
}

export class ConnectError extends Error {
  override readonly name = 'ConnectError'
  readonly close: Close

  constructor(close: Close, options?: ErrorOptions) {
    super(`no connection (${close.cause}): ${close.detail}`, options)
    this.close = close
  }
}

/** Ends after which connecting again would end the same way. */
export const isFinal = ({ cause }: Close): boolean =>
  cause === 'requested' ||
  cause === 'replaced' ||
  cause === 'unauthenticated' ||
  cause === 'protocol'
