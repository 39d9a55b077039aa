/** Two people who mean no harm and write to each other on a gateway while others attack it. */
import type { Network } from '@isthmus/runtime/address'
import { deviceOf, lettersFor, sealedFor, type Party } from '../../promises/support/party.ts'
import { Phone } from '../../promises/support/phone.ts'
import type { SeededPerson } from '../../promises/support/seed.ts'

/** The slowest answer to a letter that still counts as unharmed, in milliseconds. */
const PATIENCE_MS = 3000

export interface Harvest {
  /** Letters that were accepted, and that the reader got, in the order in which they came. */
  readonly written: readonly string[]
  readonly read: readonly string[]
  /** Whether no answer took longer than anybody would wait. */
  readonly prompt: boolean
}

export class HealthyPair {
  readonly #writer: Phone
  readonly #reader: Phone
  readonly #to: SeededPerson
  readonly #written: string[] = []
  readonly #running: Promise<void>
  #slowest = 0
  #leaving = false

  private constructor(writer: Phone, reader: Phone, to: SeededPerson) {
    this.#writer = writer
    this.#reader = reader
    this.#to = to
    this.#running = this.#run()
    this.#running.catch(() => undefined)
  }

  /** The first two people of a network, who do nothing else. */
  static async begin(party: Party, network: Network): Promise<HealthyPair> {
    const [from, to] = [party.person(network, 0), party.person(network, 1)]
    const writer = await Phone.connect(party.relay, deviceOf(from))
    return new HealthyPair(writer, await Phone.reading(party.relay, deviceOf(to)), to)
  }

  /** Stops writing; all that was accepted must come, and then nothing more. */
  async end(): Promise<Harvest> {
    this.#leaving = true
    await this.#running
    const read: string[] = []
    while (read.length < this.#written.length) {
      read.push(Buffer.from((await this.#reader.take()).sealed).toString('base64'))
    }
    await Promise.all([this.#writer.close(), this.#reader.close()])
    while (this.#reader.letters.size > 0) {
      read.push(Buffer.from((await this.#reader.take()).sealed).toString('base64'))
    }
    return { written: this.#written, read, prompt: this.#slowest < PATIENCE_MS }
  }

  async #run(): Promise<void> {
    for (let serial = 1; !this.#leaving; serial++) {
      const letters = lettersFor(this.#to)
      const started = performance.now()
      const { error } = await this.#writer.send(this.#to, `healthy-${serial}`, letters)
      if (error !== 'ACCEPTED') throw new Error(`letter ${serial} was not accepted: ${error}`)
      this.#slowest = Math.max(this.#slowest, performance.now() - started)
      this.#written.push(sealedFor(letters, deviceOf(this.#to)).toString('base64'))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}
