/**
 * A lane from a gateway to the routers: submissions go out in the order in which they came, one
 * batch at a time. While a batch is under way the next one gathers, so batches grow with the load
 * by themselves and a sender's order holds (P4). A session keeps to one lane.
 */
import type { Bus } from '@isthmus/bus/port'
import { SUBJECTS } from '@isthmus/bus/subjects'
import {
  ErrorCode,
  routeReply,
  routeRequest,
  type Answer,
  type Submission,
} from '@isthmus/proto/codec'
import { LIMITS } from '@isthmus/runtime/limits'
import type { Logger } from '@isthmus/runtime/logger'
import { answerOf } from './answer.ts'

export interface LaneOptions {
  /** Submissions that may wait; the next one is answered `unavailable`. */
  readonly maxWaiting: number
  /** Bytes of letters in one batch; one submission over it still goes, alone. */
  readonly maxBatchBytes: number
  /** Milliseconds until a batch without an answer counts as failed. */
  readonly timeoutMs: number
}

export const DEFAULT_LANE_OPTIONS: LaneOptions = {
  maxWaiting: 16_384,
  maxBatchBytes: 4 * 1_048_576,
  timeoutMs: 10_000,
}

interface Entry {
  /** Undefined when the answer was known at once and only waits for its turn. */
  readonly submission: Submission | undefined
  answer: Answer
  readonly settle: (answer: Answer) => void
}

const RETRY_MS = 1000
const UNAVAILABLE = answerOf(ErrorCode.UNAVAILABLE, RETRY_MS)

export class Lane {
  readonly #bus: Bus
  readonly #log: Logger
  readonly #options: LaneOptions
  #waiting: Entry[] = []
  #scheduled = false
  #underWay: Promise<void> | undefined

  constructor(bus: Bus, log: Logger, options: LaneOptions = DEFAULT_LANE_OPTIONS) {
    this.#bus = bus
    this.#log = log
    this.#options = options
  }

  /** Takes a submission; `settle` is called once with its answer, in order. */
  submit(submission: Submission, settle: (answer: Answer) => void): void {
    const full = this.#waiting.length >= this.#options.maxWaiting
    this.#push({ submission: full ? undefined : submission, answer: UNAVAILABLE, settle })
  }

  /** Gives an answer that is known already its place in the order. */
  answer(answer: Answer, settle: (answer: Answer) => void): void {
    this.#push({ submission: undefined, answer, settle })
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    while (this.#underWay ?? this.#waiting.length > 0) {
      await (this.#underWay ?? new Promise((resolve) => setImmediate(resolve)))
    }
  }

  #push(entry: Entry): void {
    this.#waiting.push(entry)
    this.#schedule()
  }

  // At the end of this turn of the event loop, when every readable socket has been read.
  #schedule(): void {
    if (this.#scheduled || this.#underWay) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#underWay = this.#sendBatch().finally(() => {
        this.#underWay = undefined
        if (this.#waiting.length > 0) this.#schedule()
      })
    })
  }

  async #sendBatch(): Promise<void> {
    const batch = this.#takeBatch()
    const asked = batch.filter((entry) => entry.submission !== undefined)
    if (asked.length > 0) await this.#ask(asked)
    for (const entry of batch) entry.settle(entry.answer)
  }

  #takeBatch(): Entry[] {
    let bytes = 0
    let count = 0
    for (const { submission } of this.#waiting) {
      if (count === LIMITS.maxBatch || (count > 0 && bytes >= this.#options.maxBatchBytes)) break
      for (const letter of submission?.letters ?? []) bytes += letter.sealed.length
      count += 1
    }
    if (count === this.#waiting.length) {
      const batch = this.#waiting
      this.#waiting = []
      return batch
    }
    return this.#waiting.splice(0, count)
  }

  async #ask(entries: readonly Entry[]): Promise<void> {
    try {
      const submissions = entries.map((entry) => entry.submission as Submission)
      const request = routeRequest.encode({ submissions })
      const reply = await this.#bus.request(SUBJECTS.route, request, this.#options.timeoutMs)
      const { answers } = routeReply.decode(reply)
      entries.forEach((entry, index) => {
        entry.answer = answers[index] ?? UNAVAILABLE
      })
    } catch (error) {
      // The batch may have been stored all the same: the clients submit again, under the same ids.
      this.#log.warn({ err: error, submissions: entries.length }, 'a batch got no answer')
      for (const entry of entries) entry.answer = UNAVAILABLE
    }
  }
}
