/** Carries the outbox's decisions out: stores, seals, submits, waits, tries again. */
import type { Clock, Random } from '../clock.ts'
import { SendError } from '../errors.ts'
import type { Answer, Connection } from '../transports/port.ts'
import type { SendingEvent } from './events.ts'
import { Outbox, type OutboxEntry, type Setback } from './outbox.ts'
import { toSetback, type SealedFor } from './sealer.ts'

export interface OutgoingDeps {
  readonly seal: (entry: OutboxEntry) => Promise<SealedFor>
  readonly put: (entry: OutboxEntry) => Promise<void>
  readonly remove: (id: string) => void
  /** The device list that letters were sealed for is not the relay's. */
  readonly stale: (address: string) => void
  readonly sealedFor: (id: string, deviceKeys: readonly string[]) => void
  readonly ended: (entry: OutboxEntry, event: SendingEvent) => void
  /** The connection does not answer. */
  readonly drop: (detail: string) => void
  readonly clock: Clock
  readonly random: Random
  readonly giveUpAfterMs: number
}

/** Below the least that a gateway takes at once (MQTT's Receive Maximum). */
const MAX_UNDER_WAY = 32
const ANSWER_TIMEOUT_MS = 30_000

interface UnderWay {
  readonly entry: OutboxEntry
  readonly connection: Connection
  cancelTimeout: (() => void) | undefined
}

export class Outgoing {
  readonly #deps: OutgoingDeps
  readonly #outbox: Outbox
  readonly #underWay = new Map<string, UnderWay>()
  #connection: Connection | undefined
  #cancelWake: (() => void) | undefined
  #adding: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(deps: OutgoingDeps) {
    this.#deps = deps
    const { giveUpAfterMs, random } = deps
    this.#outbox = new Outbox({ giveUpAfterMs, random, maxUnderWay: MAX_UNDER_WAY })
  }

  /** Messages that the relay has not accepted. */
  get size(): number {
    return this.#outbox.size
  }

  /** What an earlier run left. */
  restore(entries: readonly OutboxEntry[]): void {
    for (const entry of entries) this.#outbox.add(entry)
    this.#pump()
  }

  /** Messages enter the outbox in the order of the calls, each when it is stored. */
  add(entry: OutboxEntry): void {
    const stored = this.#deps.put(entry)
    stored.catch(() => undefined)
    this.#adding = this.#adding
      .then(() => stored)
      .then(
        () => this.#outbox.add(entry),
        (cause: unknown) => this.#deps.ended(entry, failed(entry, { code: 'storage', cause })),
      )
      .then(() => this.#pump())
  }

  online(connection: Connection): void {
    this.#connection = connection
    this.#pump()
  }

  offline(): void {
    const lost = this.#connection
    this.#connection = undefined
    for (const underWay of [...this.#underWay.values()]) {
      // Those that are being sealed find out by themselves.
      if (underWay.connection === lost && underWay.cancelTimeout) this.#release(underWay)
    }
  }

  /** Submits nothing more; resolves when everything that was added is stored. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.offline()
    this.#cancelWake?.()
    await this.#adding
  }

  answered(id: string, answer: Answer): void {
    const underWay = this.#underWay.get(id)
    if (!underWay?.cancelTimeout) return
    const { entry } = underWay
    if (answer.accepted) {
      this.#forget(underWay)
      this.#outbox.accepted(entry)
      this.#deps.remove(id)
      this.#deps.ended(entry, { id, to: entry.to, state: 'accepted' })
    } else {
      if (answer.code === 'stale-devices') this.#deps.stale(entry.to)
      this.#setBack(underWay, answer)
    }
    this.#pump()
  }

  #pump(): void {
    const connection = this.#connection
    if (!connection || this.#isClosed) return
    const now = this.#deps.clock.now()
    for (const entry of this.#outbox.take(now)) {
      const underWay = { entry, connection, cancelTimeout: undefined }
      this.#underWay.set(entry.id, underWay)
      void this.#submit(underWay)
    }
    this.#cancelWake?.()
    const next = this.#outbox.nextAt()
    // What is due already waits for something under way to end.
    if (next <= now || next === Infinity) this.#cancelWake = undefined
    else this.#cancelWake = this.#deps.clock.after(next - now, () => this.#pump())
  }

  async #submit(underWay: UnderWay): Promise<void> {
    const { entry, connection } = underWay
    const { id, to, ttlSeconds } = entry
    try {
      const { letters, deviceKeys } = await this.#deps.seal(entry)
      if (connection !== this.#connection) {
        this.#release(underWay)
        this.#pump()
        return
      }
      this.#deps.sealedFor(id, deviceKeys)
      underWay.cancelTimeout = this.#deps.clock.after(ANSWER_TIMEOUT_MS, () =>
        this.#deps.drop('a submission was not answered in time'),
      )
      connection.submit({ id, to, letters, ttlSeconds })
    } catch (error) {
      this.#setBack(underWay, toSetback(error))
      this.#pump()
    }
  }

  #setBack(underWay: UnderWay, setback: Setback): void {
    const { entry } = underWay
    this.#forget(underWay)
    const verdict = this.#outbox.setBack(entry, setback, this.#deps.clock.now())
    if (verdict.outcome === 'retry') return
    this.#deps.remove(entry.id)
    this.#deps.ended(entry, failed(entry, setback))
  }

  #release(underWay: UnderWay): void {
    this.#forget(underWay)
    this.#outbox.release(underWay.entry)
  }

  #forget(underWay: UnderWay): void {
    underWay.cancelTimeout?.()
    this.#underWay.delete(underWay.entry.id)
  }
}

const failed = (
  entry: OutboxEntry,
  { code, cause }: Omit<Setback, 'retryAfterMs'>,
): SendingEvent => ({
  ...{ id: entry.id, to: entry.to, state: 'failed' },
  error: new SendError(code, cause === undefined ? {} : { cause }),
})
