/** Writers and readers of all three networks on one relay, with one ledger over all of them. */
import type { RelayProcess } from '../../harness/relay.ts'
import type { Connected } from './connected.ts'
import { Ledger, type LetterName } from './ledger.ts'
import type { Random } from './random.ts'
import { Reader } from './reader.ts'
import type { SeededPerson } from './seed.ts'
import { until } from './until.ts'
import { Writer, type Target } from './writer.ts'

/** What a relay needs to take a load of which nothing is refused. */
export const ROOMY_LOAD = {
  ISTHMUS_SUBMISSION_RATE: '1000000',
  ISTHMUS_SUBMISSION_BURST: '1000000',
  ISTHMUS_MAILBOX_LETTERS: '1000000',
  ISTHMUS_MAILBOX_BYTES: '1000000000',
  ISTHMUS_LOG_LEVEL: 'warn',
} as const

/** Bytes of letters: mostly short ones, now and then one of the largest. */
const SHORT_BELOW = 1500
const LARGEST = 65_536
const SETTLING_MS = 20_000

export interface CrowdOptions {
  readonly random: Random
  /** Submissions that each writer keeps in flight. */
  readonly depth: number
  /** Submissions of each writer; without end unless it is given. */
  readonly count?: number
  readonly came?: (letter: LetterName, acceptedAt: number) => void
}

export class Crowd {
  readonly ledger = new Ledger()
  readonly writers: readonly Writer[]
  readonly readers: readonly Reader[]
  /** Whether all letters are of the largest size, so that groups take long to write. */
  heavy = false
  #uponAccept: (() => void) | undefined

  /** Everybody writes to every recipient; recipients read on all of their devices. */
  constructor(
    relay: RelayProcess,
    senders: readonly SeededPerson[],
    recipients: readonly SeededPerson[],
    options: CrowdOptions,
  ) {
    const { ledger } = this
    const { urls } = relay
    const { random, depth, count, came } = options
    const numbered = recipients.flatMap(({ devices }) => devices)
    const targets = recipients.map(({ network, handle, devices }): Target => {
      const known = devices.map((device) => ({ id: device.id, number: numbered.indexOf(device) }))
      return { network, handle, devices: known }
    })
    const accepted = (): void => {
      this.#uponAccept?.()
      this.#uponAccept = undefined
    }
    const bytes = (): number =>
      this.heavy || random.chance(0.02) ? LARGEST : random.below(SHORT_BELOW)
    this.readers = numbered.map((who, device) => {
      const reading = { urls, who, device, ledger, random, hesitationMs: 30 }
      return new Reader({ ...reading, ...(came && { came }) })
    })
    this.writers = senders
      .flatMap(({ devices }) => devices)
      .map((who, sender) => {
        const version = sender % 2 === 0 ? 5 : 4
        const base = { urls, who, sender, targets, ledger, random }
        const writing = { ...base, depth, bytes, version, accepted } as const
        return new Writer({ ...writing, ...(count !== undefined && { count }) })
      })
  }

  /** Everybody's connection. */
  get connections(): readonly Connected[] {
    return [...this.writers, ...this.readers].map(({ connected }) => connected)
  }

  /** Whether every writer has the answers to all that it was to submit. */
  get idle(): boolean {
    return this.writers.every((writer) => writer.idle)
  }

  /**
   * Resolves when every submission has its answer, and every device was shown a last letter from
   * every writer, behind which nothing older can come: what is missing then is lost.
   */
  async settled(): Promise<void> {
    for (const writer of this.writers) writer.finish()
    const answers = (): string => {
      const busy = this.writers.filter(({ idle }) => !idle)
      return `the answers to ${busy.length} writers`
    }
    await until(answers, () => this.idle, SETTLING_MS)
    const last = this.writers.flatMap((writer) => writer.writeToAll())
    const open = (): typeof last =>
      last.filter(({ sender, serial }) => !this.ledger.isShown(sender, serial))
    // Should they not come, the ledger says so of them as of all others.
    const shown = until('the last letters', () => open().length === 0, SETTLING_MS)
    await shown.catch(() => undefined)
    await until(answers, () => this.idle, SETTLING_MS)
    for (const reader of this.readers) reader.check()
  }

  /** Resolves within the turn in which the next acceptance is heard. */
  nextAccept(): Promise<void> {
    return new Promise((heard) => {
      this.#uponAccept = heard
    })
  }

  async leave(): Promise<void> {
    await Promise.all([...this.writers, ...this.readers].map((one) => leave(one)))
  }
}

const leave = (one: Writer | Reader): Promise<void> =>
  one instanceof Reader ? one.leave() : one.connected.leave()
