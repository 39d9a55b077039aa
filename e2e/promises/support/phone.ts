/** A light client to be asked and awaited: one device, one connection. */
import type { Address } from '@isthmus/runtime/address'
import { Queue } from '../../harness/queue.ts'
import type { RelayProcess } from '../../harness/relay.ts'
import { within } from '../../harness/within.ts'
import type { Answer, Client, ConnectOptions, Credentials, End, Letter, Sealed } from './client.ts'
import { connectClient } from './connect.ts'

type Urls = Pick<RelayProcess, 'urls'>

export class Phone {
  readonly who: Credentials
  readonly client: Client
  readonly letters: Queue<Letter>
  readonly #ended: Promise<End>
  readonly #waiting: Map<string, ((answer: Answer) => void)[]>

  private constructor(
    who: Credentials,
    client: Client,
    letters: Queue<Letter>,
    ended: Promise<End>,
    waiting: Map<string, ((answer: Answer) => void)[]>,
  ) {
    this.who = who
    this.client = client
    this.letters = letters
    this.#ended = ended
    this.#waiting = waiting
  }

  /** @throws LoginRefused */
  static async connect(relay: Urls, who: Credentials, options?: ConnectOptions): Promise<Phone> {
    const letters = new Queue<Letter>()
    const waiting = new Map<string, ((answer: Answer) => void)[]>()
    const ended = Promise.withResolvers<End>()
    const events = {
      answer: (id: string, answer: Answer) => waiting.get(id)?.shift()?.(answer),
      letter: (letter: Letter) => letters.push(letter),
      end: ended.resolve,
    }
    const client = await connectClient(relay.urls, who, events, options)
    return new Phone(who, client, letters, ended.promise, waiting)
  }

  /** With its inbox open. */
  static reading(relay: Urls, who: Credentials): Promise<Phone> {
    return Phone.connect(relay, who, { receive: true })
  }

  /** The relay's word on a submission. */
  send(to: Address, id: string, letters: readonly Sealed[]): Promise<Answer> {
    return within(this.submit(to, id, letters), `the answer to ${id} of ${this.who.handle}`)
  }

  /** The same, where it may never come. */
  submit(to: Address, id: string, letters: readonly Sealed[]): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>()
    this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), resolve])
    this.client.submit(id, to, letters)
    return promise
  }

  /** The next letter, acknowledged. */
  async take(): Promise<Letter> {
    const letter = await this.letters.take(`a letter for ${this.who.network}:${this.who.handle}`)
    this.client.acknowledge(letter.sequence)
    return letter
  }

  /** How the connection ended. */
  ended(): Promise<End> {
    return within(this.#ended, `the connection of ${this.who.handle} to end`)
  }

  async close(): Promise<void> {
    this.client.close()
    await this.ended()
  }

  /** The network drops. */
  async drop(): Promise<void> {
    this.client.drop()
    await this.ended()
  }
}
