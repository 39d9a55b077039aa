/** A receiving device: drops what it has seen, acknowledges late, and tells the ledger all of it. */
import type { RelayUrls } from '../../harness/relay.ts'
import type { Client, Credentials, Letter } from './client.ts'
import { Connected } from './connected.ts'
import type { Ledger, LetterName } from './ledger.ts'
import { readMarked } from './marked.ts'
import type { Random } from './random.ts'

export interface ReaderOptions {
  readonly urls: RelayUrls
  readonly who: Credentials
  /** The device's number in the ledger. */
  readonly device: number
  readonly ledger: Ledger
  readonly random: Random
  /** Milliseconds for which it may hold acknowledgements back. */
  readonly hesitationMs: number
  /** Told of every letter that comes. */
  readonly came?: (letter: LetterName, acceptedAt: number) => void
}

export class Reader {
  readonly #options: ReaderOptions
  readonly connected: Connected
  /** The last sequence that the application has stored. */
  #last = 0
  #client: Client | undefined
  #timer: NodeJS.Timeout | undefined
  /** What was wrong with letters, to be thrown where somebody waits. */
  #wrong: Error | undefined

  constructor(options: ReaderOptions) {
    this.#options = options
    const { urls, who, random } = options
    this.connected = new Connected(urls, who, {
      answer: () => undefined,
      letter: (letter) => this.#receive(letter),
      // A client may spare itself what it has seen, or see it again and drop it.
      options: () => ({ receive: true, ...(random.chance(0.5) ? { after: this.#last } : {}) }),
      connected: (client) => {
        this.#client = client
      },
    })
  }

  /** @throws what was wrong with a letter. */
  check(): void {
    if (this.#wrong) throw this.#wrong
  }

  async leave(): Promise<void> {
    clearTimeout(this.#timer)
    this.#client?.acknowledge(this.#last)
    await this.connected.leave()
  }

  #receive({ sequence, sealed, acceptedAt }: Letter): void {
    const { ledger, device, came } = this.#options
    try {
      const name = readMarked(sealed)
      const isNew = sequence > this.#last
      this.#last = Math.max(this.#last, sequence)
      ledger.came(device, sequence, name, isNew)
      came?.(name, acceptedAt)
    } catch (error) {
      this.#wrong ??= error as Error
    }
    this.#acknowledgeSoon()
  }

  /** Up to the last letter, or some of them now and the others later. */
  #acknowledgeSoon(): void {
    const { random, hesitationMs } = this.#options
    const act = (): void => {
      this.#timer = undefined
      const held = random.chance(0.5) ? random.below(8) : 0
      this.#client?.acknowledge(Math.max(0, this.#last - held))
      if (held > 0) this.#acknowledgeSoon()
    }
    this.#timer ??= setTimeout(act, random.below(hesitationMs + 1))
  }
}
