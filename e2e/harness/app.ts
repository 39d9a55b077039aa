/** A person's app on one device: a stock client, the seal, and what the person is shown. */
import type { Address } from '@isthmus/runtime/address'
import { randomUUID } from 'node:crypto'
import type { ConnectOptions, Outcome, StockClient, StockKind } from '../stock/client.ts'
import {
  addDevice,
  devicesOf,
  openOn,
  sealFor,
  signUp,
  type Account,
  type Device,
  type Letter,
} from './people.ts'
import type { RelayProcess } from './relay.ts'

export interface Shown {
  readonly sequence: number
  /** Who signed it: an address. */
  readonly from: string
  readonly text: string
}

export class App {
  readonly relay: RelayProcess
  readonly kind: StockKind
  readonly device: Device
  readonly shown: Shown[] = []
  /** Sequences that came again after they were shown; the app drops them. */
  readonly repeated: number[] = []
  #client: StockClient | undefined

  constructor(relay: RelayProcess, kind: StockKind, device: Device) {
    this.relay = relay
    this.kind = kind
    this.device = device
  }

  /** A new person, open to everyone, with this one device, not connected. */
  static async signUp(relay: RelayProcess, kind: StockKind, handle: string): Promise<App> {
    return App.on(relay, kind, await signUp(relay, kind.network, handle))
  }

  /** A new device of an account, not connected. */
  static async on(relay: RelayProcess, kind: StockKind, account: Account): Promise<App> {
    return new App(relay, kind, await addDevice(relay, account))
  }

  get account(): Account {
    return this.device.account
  }

  get client(): StockClient {
    if (!this.#client) throw new Error(`${this.account.address} is not connected`)
    return this.#client
  }

  async open(options?: ConnectOptions): Promise<this> {
    this.#client = await this.kind.connect(this.relay.urls, this.device, options)
    return this
  }

  async close(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    await client?.close()
  }

  /** The app is gone without a word, and what its library remembered with it. */
  async crash(): Promise<void> {
    const { line, ends } = this.client
    ends.clear()
    line.unplug()
    await ends.take('the end of the connection')
    await this.close()
  }

  /** Seals a text for every device of a person as the directory lists them now. */
  async seal(to: Address, text: string): Promise<readonly Letter[]> {
    return sealFor(this.device, to, await devicesOf(this.relay, this.device, to), text)
  }

  async write(to: Address, text: string, id: string = randomUUID()): Promise<Outcome> {
    return this.client.send(to, id, await this.seal(to, text))
  }

  /** Submits the texts one right after the other, without waiting for answers between. */
  async writeAll(to: Address, texts: readonly string[]): Promise<readonly Promise<Outcome>[]> {
    const devices = await devicesOf(this.relay, this.device, to)
    const sealed = await Promise.all(texts.map((text) => sealFor(this.device, to, devices, text)))
    return sealed.map((letters) => this.client.send(to, randomUUID(), letters))
  }

  /** Takes the next letters that were not shown before, opens them and shows them. */
  async read(count: number): Promise<readonly Shown[]> {
    const news: Shown[] = []
    while (news.length < count) {
      const what = `letter ${news.length + 1} of ${count} for ${this.account.address}`
      const { sequence, sealed, acceptedAt } = await this.client.received.take(what)
      if (sequence <= (this.shown.at(-1)?.sequence ?? 0)) {
        this.repeated.push(sequence)
        continue
      }
      const { from, text } = await openOn(this.relay, this.device, sealed, acceptedAt)
      const shown = { sequence, from, text }
      this.shown.push(shown)
      news.push(shown)
    }
    return news
  }

  /** The next letters' texts. */
  async texts(count: number): Promise<readonly string[]> {
    return (await this.read(count)).map(({ text }) => text)
  }
}

export const accepted = async (answers: readonly Promise<Outcome>[]): Promise<void> => {
  for (const { answer } of await Promise.all(answers)) {
    if (answer !== 'ACCEPTED') throw new Error(`not accepted: ${answer}`)
  }
}

/** `prefix 1`, `prefix 2`, ... */
export const numbered = (prefix: string, count: number, from = 1): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix} ${index + from}`)
