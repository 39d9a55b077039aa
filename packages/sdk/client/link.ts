/** Keeps a connection to the gateway: connects, and connects again when it ends. */
import type { Clock, Random } from '../clock.ts'
import {
  ConnectError,
  isFinal,
  type Close,
  type Connection,
  type Login,
  type Transport,
  type TransportEvents,
} from '../transports/port.ts'
import type { StateEvent } from './events.ts'
import { reconnectDelay } from './retry.ts'

export interface LinkDeps {
  readonly transport: Transport
  readonly login: Login
  readonly clock: Clock
  readonly random: Random
  readonly online: (connection: Connection) => void
  readonly offline: () => void
  readonly letter: TransportEvents['letter']
  readonly answered: TransportEvents['answered']
  readonly state: (event: StateEvent) => void
}

/** A connection that held for so long is a success: the next wait begins small again. */
const STABLE_MS = 10_000
const CONNECT_TIMEOUT_MS = 20_000

/** Holds back what a transport tells before its `connect` has resolved. */
class EarlyEvents {
  #held: (() => void)[] | undefined = []

  now(tell: () => void): void {
    if (this.#held) this.#held.push(tell)
    else tell()
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const tell of held) tell()
  }
}

export class Link {
  readonly #deps: LinkDeps
  readonly #abort = new AbortController()
  readonly #firstOnline = Promise.withResolvers<void>()
  #connection: Connection | undefined
  #attempt = 0
  #isStarted = false
  #isStopped = false
  #cancelRetry: (() => void) | undefined

  constructor(deps: LinkDeps) {
    this.#deps = deps
    this.#firstOnline.promise.catch(() => undefined)
  }

  /**
   * Begins to connect. Resolves when first online; rejects with ConnectError if connecting again
   * is of no use. Called again, waits for the first call.
   */
  start(): Promise<void> {
    if (!this.#isStarted && !this.#isStopped) void this.#connect()
    this.#isStarted = true
    return this.#firstOnline.promise
  }

  /** Takes the connection for dead and makes another. */
  drop(detail: string): void {
    const connection = this.#connection
    if (!connection) return
    this.#ended(connection, { cause: 'lost', detail })
    connection.close()
  }

  /** Ends the connection for good. */
  stop(): void {
    if (this.#isStopped) return
    const connection = this.#connection
    this.#finish({ cause: 'requested', detail: 'the client was closed' })
    connection?.close()
  }

  async #connect(): Promise<void> {
    const { transport, login, clock } = this.#deps
    this.#deps.state({ state: 'connecting' })
    const attempt = new AbortController()
    const giveUp = (): void => attempt.abort()
    this.#abort.signal.addEventListener('abort', giveUp)
    const cancelTimeout = clock.after(CONNECT_TIMEOUT_MS, giveUp)
    const early = new EarlyEvents()
    try {
      const started = clock.now()
      const connection: Connection = await transport.connect(
        login,
        {
          letter: (letter) =>
            early.now(() => this.#hear(connection, () => this.#deps.letter(letter))),
          answered: (id, answer) =>
            early.now(() => this.#hear(connection, () => this.#deps.answered(id, answer))),
          closed: (close) => early.now(() => this.#closed(connection, close, started)),
        },
        attempt.signal,
      )
      this.#online(connection)
      early.release()
    } catch (error) {
      const lost: Close = { cause: 'lost', detail: String(error) }
      this.#retry(error instanceof ConnectError ? error.close : lost)
    } finally {
      cancelTimeout()
      this.#abort.signal.removeEventListener('abort', giveUp)
    }
  }

  #online(connection: Connection): void {
    if (this.#isStopped) {
      connection.close()
      return
    }
    this.#connection = connection
    this.#deps.state({ state: 'online' })
    this.#deps.online(connection)
    this.#firstOnline.resolve()
  }

  /** Events of a connection that was taken for dead are not heard. */
  #hear(connection: Connection, tell: () => void): void {
    if (connection === this.#connection) tell()
  }

  #closed(connection: Connection, close: Close, started: number): void {
    if (this.#deps.clock.now() - started >= STABLE_MS) this.#attempt = 0
    this.#ended(connection, close)
  }

  #ended(connection: Connection, close: Close): void {
    if (connection !== this.#connection) return
    this.#connection = undefined
    this.#deps.offline()
    this.#retry(close)
  }

  #retry(close: Close): void {
    if (this.#isStopped) return
    if (isFinal(close)) {
      this.#finish(close)
      return
    }
    const retryInMs = reconnectDelay(close, this.#attempt++, this.#deps.random)
    this.#deps.state({ state: 'waiting', close, retryInMs })
    this.#cancelRetry = this.#deps.clock.after(retryInMs, () => void this.#connect())
  }

  #finish(close: Close): void {
    this.#isStopped = true
    this.#cancelRetry?.()
    this.#abort.abort()
    if (this.#connection) this.#deps.offline()
    this.#connection = undefined
    this.#deps.state({ state: 'closed', close })
    this.#firstOnline.reject(new ConnectError(close))
  }
}
