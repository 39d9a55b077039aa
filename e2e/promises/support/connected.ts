/** Keeps one device connected: whenever its socket ends, it connects again, until it is told not to. */
import { setTimeout as wait } from 'node:timers/promises'
import type { RelayUrls } from '../../harness/relay.ts'
import { within } from '../../harness/within.ts'
import type { Client, ConnectOptions, Credentials, End, Events } from './client.ts'
import { connectClient } from './connect.ts'

const RETRY_MS = 20

export interface Hooks {
  readonly answer: Events['answer']
  readonly letter: Events['letter']
  /** Options of the next connection. */
  readonly options: () => ConnectOptions
  /** There is a connection again; what was not answered is to be submitted again. */
  readonly connected: (client: Client) => void
}

export class Connected {
  readonly #urls: RelayUrls
  readonly who: Credentials
  readonly #hooks: Hooks
  readonly #running: Promise<void>
  /** Why the connections ended so far; `undefined` code: none could be had. */
  readonly ends: End[] = []
  client: Client | undefined
  /** Connections that took up a session. */
  resumptions = 0
  #leaving = false
  #lastError: unknown

  constructor(urls: RelayUrls, who: Credentials, hooks: Hooks) {
    this.#urls = urls
    this.who = who
    this.#hooks = hooks
    this.#running = this.#run()
  }

  /** Says goodbye, so that all that was written before is read, and ends for good. */
  async leave(): Promise<void> {
    this.#leaving = true
    this.client?.close()
    await within(this.#running, `${this.who.handle} to leave; ${String(this.#lastError)}`)
  }

  async #run(): Promise<void> {
    let session: unknown
    while (!this.#leaving) {
      const ended = Promise.withResolvers<End>()
      try {
        const { answer, letter, options } = this.#hooks
        const events = { answer, letter, end: ended.resolve }
        const given = { ...options(), session }
        const client = await connectClient(this.#urls, this.who, events, given)
        this.client = client
        if (client.resumed) this.resumptions += 1
        if (this.#leaving) client.close()
        else this.#hooks.connected(client)
        this.ends.push(await ended.promise)
        session = client.session()
      } catch (error) {
        // The relay is not there, or went away during the handshake.
        this.#lastError = error
      }
      this.client = undefined
      if (!this.#leaving) await wait(RETRY_MS)
    }
  }
}
