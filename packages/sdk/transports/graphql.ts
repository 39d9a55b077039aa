/**
 * graphql-transport-ws by graphql-ws, as the Instagram gateway speaks it. The relay's acceptance
 * is the result of the `send` mutation; letters come by the `inbox` subscription.
 */
import { createClient, type Client } from 'graphql-ws/client'
import {
  ACKNOWLEDGE,
  INBOX,
  SEND,
  toGraphqlClose,
  toLetter,
  toRefusal,
  toVariables,
  type GraphqlError,
  type Result,
} from './graphql-wire.ts'
import {
  ConnectError,
  type Close,
  type Connection,
  type Login,
  type Submission,
  type Transport,
  type TransportEvents,
} from './port.ts'

export interface GraphqlOptions {
  /** For example `wss://instagram.isthmus.example/graphql`. */
  readonly url: string
}

const PING_AFTER_MS = 20_000
const PONG_WITHIN_MS = 10_000
const INIT_TIMEOUT_MS = 15_000

class GraphqlConnection implements Connection {
  readonly #client: Client
  readonly #events: TransportEvents
  readonly #ready = Promise.withResolvers<void>()
  #close: Close | undefined
  #isOpen = false
  /** What is acknowledged by a mutation under way, and what is to be. */
  #acknowledging = 0
  #acknowledged = 0
  #silence: ReturnType<typeof setTimeout> | undefined

  constructor(url: string, { address, deviceToken }: Login, events: TransportEvents) {
    this.#events = events
    this.#client = createClient({
      url,
      connectionParams: { address, token: deviceToken },
      lazy: false,
      // This class's caller decides when to connect again.
      retryAttempts: 0,
      shouldRetry: () => false,
      onNonLazyError: () => undefined,
      keepAlive: PING_AFTER_MS,
      connectionAckWaitTimeout: INIT_TIMEOUT_MS,
      on: {
        connected: () => this.#connected(),
        ping: (isReceived) => isReceived || this.#expectPong(),
        pong: (isReceived) => isReceived && clearTimeout(this.#silence),
        closed: (event) => this.#ended(event),
      },
    })
  }

  /** Resolves when letters flow. @throws ConnectError. */
  async start(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#abandon('no connection in time'), { once: true })
    await this.#ready.promise
    signal.throwIfAborted()
  }

  submit(submission: Submission): void {
    this.#mutate(SEND, toVariables(submission), ({ errors }) =>
      this.#events.answered(submission.id, errors ? toRefusal(errors) : { accepted: true }),
    )
  }

  acknowledge(upTo: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, upTo)
    if (this.#acknowledging > 0 || !this.#isOpen) return
    this.#acknowledging = this.#acknowledged
    this.#mutate(ACKNOWLEDGE, { upTo: this.#acknowledging }, () => {
      const isBehind = this.#acknowledged > this.#acknowledging
      this.#acknowledging = 0
      if (isBehind) this.acknowledge(this.#acknowledged)
    })
  }

  close(): void {
    this.#abandon('closed by this side')
  }

  /** Tells the result, once, if there is one; a connection that ends gives none. */
  #mutate(query: string, variables: Record<string, unknown>, told: (result: Result) => void): void {
    this.#client.subscribe<Record<string, unknown>>(
      { query, variables },
      {
        next: (result) => told(result as Result),
        // An array: the operation was refused before it began. Otherwise the socket closed.
        error: (error) => Array.isArray(error) && told({ errors: error as GraphqlError[] }),
        complete: () => undefined,
      },
    )
  }

  #connected(): void {
    this.#isOpen = true
    this.#client.subscribe<{ inbox: unknown }>(
      { query: INBOX },
      {
        next: ({ data, errors }) =>
          errors ? this.#breach('the inbox gave an error') : this.#letter(data?.inbox),
        error: () => this.#breach('the gateway refused the subscription to the inbox'),
        complete: () => this.#breach('the gateway ended the subscription to the inbox'),
      },
    )
    this.#ready.resolve()
  }

  #letter(value: unknown): void {
    try {
      this.#events.letter(toLetter(value))
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#breach(error.message)
    }
  }

  #expectPong(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      this.#close ??= { cause: 'lost', detail: 'no pong in time' }
      this.#client.terminate()
    }, PONG_WITHIN_MS)
  }

  #abandon(detail: string): void {
    this.#ready.reject(new ConnectError({ cause: 'lost', detail }))
    this.#close ??= { cause: 'requested', detail }
    // Disposing of a client waits for its connection, terminating does not.
    if (this.#isOpen) void this.#client.dispose()
    else this.#client.terminate()
  }

  #breach(detail: string): void {
    // Subscriptions also end because the socket did, and that tells for itself.
    queueMicrotask(() => {
      if (!this.#isOpen) return
      this.#close ??= { cause: 'protocol', detail }
      this.#client.terminate()
    })
  }

  #ended(event: unknown): void {
    clearTimeout(this.#silence)
    const { code = 1006, reason = '' } = event as { code?: number; reason?: string }
    const close = this.#close ?? toGraphqlClose({ code, reason })
    if (this.#isOpen) this.#events.closed(close)
    else this.#ready.reject(new ConnectError(close))
    this.#isOpen = false
  }
}

export const graphql = ({ url }: GraphqlOptions): Transport => ({
  connect: async (login, events, signal) => {
    const connection = new GraphqlConnection(url, login, events)
    await connection.start(signal)
    return connection
  },
})
