/**
 * Messages on their way to the relay, as a pure state machine: answers and the time come in,
 * decisions go out.
 *
 * - One queue for each recipient, one submission of it under way: the order in which the relay
 *   accepts is the order of sending, whatever has to be tried again.
 * - Tried again under the same submission id: the relay knows a repetition and answers as before.
 * - Queues do not wait for each other, but for a sender that is over its rate.
 */
import type { Random } from '../clock.ts'
import type { SendCode } from '../errors.ts'
import { resubmitDelay } from './retry.ts'

export interface OutboxEntry {
  /** The submission's and the message's id. */
  readonly id: string
  /** `network:handle`. */
  readonly to: string
  /** An encoded Content. */
  readonly content: Uint8Array
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number
  readonly ttlSeconds: number
  /** A receipt: nobody waits for it, and a refusal ends it quietly. */
  readonly isReceipt: boolean
}

/** How an attempt ended that did not end in acceptance. */
export interface Setback {
  readonly code: SendCode
  readonly retryAfterMs: number | undefined
  readonly cause?: unknown
}

export type Verdict =
  | { readonly outcome: 'retry'; readonly at: number }
  | { readonly outcome: 'failed'; readonly code: SendCode }

export interface OutboxOptions {
  /** Milliseconds after which an entry that can't be sent is given up. */
  readonly giveUpAfterMs: number
  /** Submissions under way at once. */
  readonly maxUnderWay: number
  readonly random: Random
}

interface Queued {
  readonly entry: OutboxEntry
  attempts: number
  staleAttempts: number
}

interface Queue {
  readonly waiting: Queued[]
  isUnderWay: boolean
  notBefore: number
}

/** How often a message is sealed anew for devices that changed, before it fails. */
const MAX_STALE_ATTEMPTS = 6

const RETRIED: readonly SendCode[] = ['unavailable', 'rate-limited', 'mailbox-full']

export class Outbox {
  readonly #options: OutboxOptions
  readonly #queues = new Map<string, Queue>()
  #underWay = 0
  #pausedUntil = 0

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  add(entry: OutboxEntry): void {
    const queue = this.#queues.get(entry.to) ?? { waiting: [], isUnderWay: false, notBefore: 0 }
    queue.waiting.push({ entry, attempts: 0, staleAttempts: 0 })
    this.#queues.set(entry.to, queue)
  }

  /** The entries to submit now. Each is under way until `accepted`, `setBack` or `release`. */
  take(now: number): OutboxEntry[] {
    const taken: OutboxEntry[] = []
    if (now < this.#pausedUntil) return taken
    for (const queue of this.#queues.values()) {
      if (this.#underWay >= this.#options.maxUnderWay) break
      const [head] = queue.waiting
      if (!head || queue.isUnderWay || now < queue.notBefore) continue
      queue.isUnderWay = true
      this.#underWay++
      taken.push(head.entry)
    }
    return taken
  }

  /** When `take` will next have something that it has not now, without another call; or never. */
  nextAt(): number {
    let next = Infinity
    for (const queue of this.#queues.values()) {
      if (!queue.isUnderWay && queue.waiting.length > 0) next = Math.min(next, queue.notBefore)
    }
    return Math.max(next, this.#pausedUntil)
  }

  /** The relay has it. */
  accepted(entry: OutboxEntry): void {
    this.#end(entry)
  }

  /** The attempt failed: says whether the entry is tried again, or is out. */
  setBack(entry: OutboxEntry, setback: Setback, now: number): Verdict {
    const { head, queue } = this.#underWayHead(entry)
    const { code, retryAfterMs } = setback
    const { random, giveUpAfterMs } = this.#options
    const isStale = code === 'stale-devices' && ++head.staleAttempts < MAX_STALE_ATTEMPTS
    const isLate = now >= entry.createdAt + giveUpAfterMs
    if (!isStale && (isLate || !RETRIED.includes(code))) {
      this.#end(entry)
      return { outcome: 'failed', code }
    }
    // The first list that was stale is fetched anew at once; after that the directory and the
    // router may need a moment to agree.
    const isFirstStale = isStale && head.staleAttempts === 1
    const wait = isFirstStale ? 0 : resubmitDelay(retryAfterMs, head.attempts, random)
    if (!isFirstStale) head.attempts++
    queue.notBefore = now + wait
    if (code === 'rate-limited') this.#pausedUntil = Math.max(this.#pausedUntil, now + wait)
    this.#free(queue)
    return { outcome: 'retry', at: queue.notBefore }
  }

  /** The attempt came to nothing without an answer (the connection ended): free to go again. */
  release(entry: OutboxEntry): void {
    const { queue } = this.#underWayHead(entry)
    this.#free(queue)
  }

  /** Entries that were not accepted and did not fail. */
  get size(): number {
    let size = 0
    for (const queue of this.#queues.values()) size += queue.waiting.length
    return size
  }

  #underWayHead(entry: OutboxEntry): { readonly queue: Queue; readonly head: Queued } {
    const queue = this.#queues.get(entry.to)
    const head = queue?.waiting[0]
    if (!queue?.isUnderWay || head?.entry.id !== entry.id) {
      throw new Error('this entry is not under way')
    }
    return { queue, head }
  }

  #free(queue: Queue): void {
    queue.isUnderWay = false
    this.#underWay--
  }

  #end(entry: OutboxEntry): void {
    const { queue } = this.#underWayHead(entry)
    this.#free(queue)
    queue.waiting.shift()
    if (queue.waiting.length === 0) this.#queues.delete(entry.to)
  }
}
