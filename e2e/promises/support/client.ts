/**
 * A light client of each protocol, for tests that must see and steer every frame: it pipelines,
 * acknowledges when it is told to, and never connects again by itself. What libraries that others
 * wrote make of the relay is in e2e/stock.
 */
import type { Address, Network } from '@isthmus/runtime/address'
import type { RelayUrls } from '../../harness/relay.ts'

/** The realm that a relay has unless it is configured otherwise. */
export const REALM = 'isthmus.localhost'

export interface Credentials {
  readonly network: Network
  readonly handle: string
  /** The device token. */
  readonly token: string
}

export interface Sealed {
  readonly device: string
  readonly sealed: Uint8Array
}

/** The relay's word on a submission. */
export interface Answer {
  /** `ACCEPTED`, or the name of the error in proto/isthmus/v1/error.proto. */
  readonly error: string
  readonly missing: readonly string[]
  readonly extra: readonly string[]
  readonly retryAfterMs: number
  /** How the protocol itself says it: an error stanza, a reason code, a GraphQL error. */
  readonly said: string
}

export const ACCEPTED: Answer = {
  error: 'ACCEPTED',
  missing: [],
  extra: [],
  retryAfterMs: 0,
  said: '',
}

export interface Letter {
  readonly sequence: number
  readonly sealed: Uint8Array
  /** Milliseconds since the epoch, by the relay's clock. */
  readonly acceptedAt: number
}

export interface End {
  /** WebSocket close code; 1006 after a cut. */
  readonly code: number
  readonly reason: string
  /** What the protocol said before: a stream error's condition, a DISCONNECT's reason code. */
  readonly said: string
}

export interface Events {
  /** Called once for each submission that was answered, with the id of the submission. */
  readonly answer: (id: string, answer: Answer) => void
  readonly letter: (letter: Letter) => void
  readonly end: (end: End) => void
}

export interface Client {
  /** Whether the relay has taken up the session before. */
  readonly resumed: boolean
  /** Writes the submission and returns at once. */
  readonly submit: (id: string, to: Address, letters: readonly Sealed[]) => void
  /** Everything up to this sequence is stored. */
  readonly acknowledge: (upTo: number) => void
  /** Stops taking bytes from the network, as an app that hangs does. */
  readonly pause: () => void
  readonly resume: () => void
  /** The socket is gone without a word. */
  readonly drop: () => void
  /** Says goodbye as the protocol does; `events.end` follows. */
  readonly close: () => void
  /** What the next connection goes on with, where the protocol has sessions. */
  readonly session: () => unknown
}

export interface ConnectOptions {
  /** Opens the inbox. */
  readonly receive?: boolean
  /** The last sequence that the application has stored. */
  readonly after?: number
  /** `session()` of the connection before. */
  readonly session?: unknown
  /** MQTT's version; 5 unless said otherwise. */
  readonly version?: 4 | 5
}

/** @throws LoginRefused when the relay does not let the device in. */
export type Connect = (
  urls: RelayUrls,
  who: Credentials,
  events: Events,
  options?: ConnectOptions,
) => Promise<Client>

export class LoginRefused extends Error {
  override readonly name = 'LoginRefused'
  /** What the relay said in its protocol's words, or the WebSocket close code. */
  readonly said: string

  constructor(said: string) {
    super(`the relay refused the login: ${said}`)
    this.said = said
  }
}
