/**
 * A sending device: keeps so many submissions in flight, and submits what is unanswered again
 * under the same ids, in the same order, whenever it has a connection again.
 */
import type { Address } from '@isthmus/runtime/address'
import type { RelayUrls } from '../../harness/relay.ts'
import type { Answer, Credentials, Sealed } from './client.ts'
import { Connected } from './connected.ts'
import type { Ledger, LetterName } from './ledger.ts'
import { markedLetter } from './marked.ts'
import type { Random } from './random.ts'

/** Whom the writer writes to. */
export interface Target extends Address {
  /** Device ids, and their numbers in the ledger. */
  readonly devices: readonly { readonly id: string; readonly number: number }[]
}

export interface WriterOptions {
  readonly urls: RelayUrls
  readonly who: Credentials
  /** The device's number in the ledger. */
  readonly sender: number
  readonly targets: readonly Target[]
  readonly ledger: Ledger
  readonly random: Random
  /** Submissions in flight. */
  readonly depth: number
  /** Submissions to make in all; without end unless it is given. */
  readonly count?: number
  /** Bytes of the next letter. */
  readonly bytes: () => number
  readonly version?: 4 | 5
  /** Told of every acceptance, inside the turn in which it was heard. */
  readonly accepted: () => void
}

interface Submission {
  readonly serial: number
  readonly to: Address
  readonly letters: readonly Sealed[]
}

export class Writer {
  readonly #options: WriterOptions
  readonly connected: Connected
  /** By submission id, in the order of their first submission. */
  readonly #unanswered = new Map<string, Submission>()
  readonly refusals: Answer[] = []
  #serial = 0
  #isDone = false

  constructor(options: WriterOptions) {
    this.#options = options
    const { urls, who, version = 5 } = options
    this.connected = new Connected(urls, who, {
      answer: (id, answer) => this.#answered(id, answer),
      letter: () => undefined,
      options: () => ({ version }),
      connected: (client) => {
        for (const [id, { to, letters }] of this.#unanswered) client.submit(id, to, letters)
        this.#fill()
      },
    })
  }

  /** The submissions in flight. */
  unanswered(): readonly Omit<LetterName, 'device'>[] {
    const { sender } = this.#options
    return [...this.#unanswered.values()].map(({ serial }) => ({ sender, serial }))
  }

  /** Whether all that was to be submitted is, and has its answer. */
  get idle(): boolean {
    const all = this.#isDone || this.#serial >= (this.#options.count ?? Infinity)
    return all && this.#unanswered.size === 0
  }

  /** Makes no new submissions. */
  finish(): void {
    this.#isDone = true
  }

  /** Submits one more to each target, also after `finish`. */
  writeToAll(): readonly Omit<LetterName, 'device'>[] {
    const { sender, targets } = this.#options
    return targets.map((target) => ({ sender, serial: this.#submit(target) }))
  }

  #answered(id: string, answer: Answer): void {
    const { ledger, sender } = this.#options
    const submission = this.#unanswered.get(id)
    if (!submission) return
    this.#unanswered.delete(id)
    ledger.answered(sender, submission.serial, answer.error === 'ACCEPTED')
    if (answer.error === 'ACCEPTED') this.#options.accepted()
    else this.refusals.push(answer)
    this.#fill()
  }

  #fill(): void {
    const { depth, count = Infinity, random, targets } = this.#options
    while (!this.#isDone && this.#unanswered.size < depth && this.#serial < count) {
      this.#submit(random.pick(targets))
    }
  }

  #submit(target: Target): number {
    const { sender, ledger, bytes } = this.#options
    const serial = this.#serial++
    const letters = target.devices.map(({ id, number }) => ({
      device: id,
      sealed: markedLetter({ sender, serial, device: number }, bytes()),
    }))
    const id = `m${serial}`
    const to = { network: target.network, handle: target.handle }
    this.#unanswered.set(id, { serial, to, letters })
    ledger.submitted(
      sender,
      serial,
      target.devices.map(({ number }) => number),
    )
    this.connected.client?.submit(id, to, letters)
    return serial
  }
}
