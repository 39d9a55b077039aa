/**
 * What the stories ask of a client of any protocol. Each file beside this one drives a client
 * library that others wrote, as its documentation says; nothing in them knows the relay's code.
 */
import type { Address, Network } from '@isthmus/runtime/address'
import type { Line } from '../harness/line.ts'
import type { Device, Letter } from '../harness/people.ts'
import { Queue } from '../harness/queue.ts'
import type { RelayUrls } from '../harness/relay.ts'
import { within } from '../harness/within.ts'
import type { Dialect } from './codes.ts'

/** The relay's word on a submission. */
export interface Outcome {
  /** `ACCEPTED`, or the name of the error in proto/isthmus/v1/error.proto. */
  readonly answer: string
  /** How the protocol itself says it, for example `modify/not-acceptable` or `0x83`. */
  readonly code: string
  readonly missing: readonly string[]
  readonly extra: readonly string[]
  readonly retryAfterMs: number
}

export const ACCEPTED: Outcome = {
  answer: 'ACCEPTED',
  code: '',
  missing: [],
  extra: [],
  retryAfterMs: 0,
}

export interface Received {
  readonly sequence: number
  readonly sealed: Uint8Array
  readonly acceptedAt: number
}

/** The relay ended the connection, or the network did. */
export interface End {
  /** WebSocket close code, 1006 after a cut; undefined if the library does not tell. */
  readonly code: number | undefined
  /** What the protocol itself said before: a stream error, a reason code; empty if nothing. */
  readonly condition: string
}

/** The ends of connections that had begun; attempts that came to nothing are none. */
export class Ends extends Queue<End> {
  #open = false

  begin(): void {
    this.#open = true
  }

  end(code: number | undefined, condition: string): void {
    if (this.#open) this.push({ code, condition })
    this.#open = false
  }
}

/** A connected client, which connects again by itself after a cut, as its library does it. */
export interface StockClient {
  readonly kind: StockKind
  readonly line: Line
  /**
   * Resolves with the relay's word, also when it comes only after the library has connected and
   * sent again.
   */
  readonly send: (to: Address, id: string, letters: readonly Letter[]) => Promise<Outcome>
  /** Letters as they come. The client acknowledges each; `line.hold('up')` keeps that away. */
  readonly received: Queue<Received>
  readonly ends: Ends
  /** The library has connected again, and how its session went on. */
  readonly returns: Queue<'resumed' | 'anew'>
  /** Says goodbye as the protocol does; resolves when the relay has read it. */
  readonly close: () => Promise<void>
}

export interface ConnectOptions {
  /** MQTT's client identifier, if not the device's id. */
  readonly clientId?: string
}

export interface StockKind {
  readonly name: string
  readonly network: Network
  readonly dialect: Dialect
  /** @throws when the relay refuses the credentials. */
  readonly connect: (
    urls: RelayUrls,
    device: Device,
    options?: ConnectOptions,
  ) => Promise<StockClient>
}

/** Milliseconds after which the clients connect again. Their own defaults are a second and more. */
export const RECONNECT_MS = 25

/** The realm that a relay has unless it is configured otherwise. */
export const REALM = 'isthmus.localhost'

/** Sends without an answer, by submission id. */
export class Pending {
  readonly #waiting = new Map<string, (outcome: Outcome) => void>()

  get ids(): readonly string[] {
    return [...this.#waiting.keys()]
  }

  /** A promise of the answer, bounded in time. */
  add(id: string): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    this.#waiting.set(id, resolve)
    return within(promise, `the answer to ${id}`)
  }

  settle(id: string, outcome: Outcome): void {
    this.#waiting.get(id)?.(outcome)
    this.#waiting.delete(id)
  }
}
