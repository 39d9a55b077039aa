/**
 * Where people are reached and what they think of a sender, asked of the directory over the bus
 * and cached. A change is announced on the bus and forgets what it concerns; should the
 * announcement get lost, what is cached is at most `cacheMs` old.
 */
import type { Bus, Subscription } from '@isthmus/bus/port'
import { SUBJECTS } from '@isthmus/bus/subjects'
import {
  directoryChanged,
  resolveReply,
  resolveRequest,
  type Resolution,
  type Submission,
} from '@isthmus/proto/codec'
import { BoundedMap } from '@isthmus/runtime/bounded-map'
import type { Clock } from '@isthmus/runtime/clock'

export interface ResolverOptions {
  /** Milliseconds for which an answer may be used: the staleness after a lost announcement. */
  readonly cacheMs: number
  /** Accounts, and pairs, that are remembered. */
  readonly cacheSize: number
  readonly timeoutMs: number
}

export const DEFAULT_RESOLVER_OPTIONS: ResolverOptions = {
  cacheMs: 60_000,
  cacheSize: 100_000,
  timeoutMs: 5000,
}

/** An addressed account, as of its last answer. */
interface Person {
  readonly account: string
  /** False once the directory has said that it changed. */
  current: boolean
}

/** What is known of a pair; every part of it must still hold for it to be used. */
interface Known {
  readonly resolution: Resolution
  readonly person: Person
  readonly until: number
}

export class Resolver {
  readonly #bus: Bus
  readonly #clock: Clock
  readonly #options: ResolverOptions
  readonly #people: BoundedMap<string, Person>
  /** By pair tag, which stands for the recipient too: one look-up for each submission. */
  readonly #pairs: BoundedMap<string, Known>
  readonly #subscription: Subscription
  /** Counts changes, so that an answer from before a change is used once but not remembered. */
  #changes = 0

  constructor(bus: Bus, clock: Clock, options = DEFAULT_RESOLVER_OPTIONS) {
    this.#bus = bus
    this.#clock = clock
    this.#options = options
    // Whoever makes room would no longer be found when the directory says that it changed.
    this.#people = new BoundedMap(options.cacheSize, (person) => {
      person.current = false
    })
    this.#pairs = new BoundedMap(options.cacheSize)
    this.#subscription = bus.subscribe(SUBJECTS.directoryChanged, (data) => {
      const { accountIds, pairTags } = directoryChanged.decode(data)
      this.#changes += 1
      for (const account of accountIds) this.#forget(account)
      for (const tag of pairTags) this.#pairs.delete(tag)
    })
  }

  /**
   * One resolution for each submission, in order.
   * @throws BusError when the directory is away and something is not cached.
   */
  async resolve(submissions: readonly Submission[]): Promise<readonly Resolution[]> {
    const now = this.#clock.now()
    const resolutions = submissions.map((submission) => this.#cached(submission, now))
    if (!resolutions.includes(undefined)) return resolutions as readonly Resolution[]
    const unknown = submissions.filter((_, index) => resolutions[index] === undefined)
    const fetched = (await this.#ask(unknown)).values()
    return resolutions.map((resolution) => resolution ?? next(fetched))
  }

  stop(): void {
    this.#subscription.unsubscribe()
  }

  #cached({ recipient, pairTag }: Submission, now: number): Resolution | undefined {
    const known = this.#pairs.get(pairTag)
    if (!known || !known.person.current || known.until <= now) return undefined
    return known.person.account === recipient ? known.resolution : undefined
  }

  #forget(account: string): void {
    const person = this.#people.get(account)
    if (!person) return
    person.current = false
    this.#people.delete(account)
  }

  async #ask(submissions: readonly Submission[]): Promise<readonly Resolution[]> {
    const changes = this.#changes
    const questions = submissions.map(({ recipient, pairTag }) => ({
      accountId: recipient,
      pairTag,
    }))
    const request = resolveRequest.encode({ questions })
    const reply = await this.#bus.request(SUBJECTS.resolve, request, this.#options.timeoutMs)
    const { resolutions } = resolveReply.decode(reply)
    if (changes === this.#changes) this.#remember(submissions, resolutions)
    return resolutions
  }

  #remember(submissions: readonly Submission[], resolutions: readonly Resolution[]): void {
    const until = this.#clock.now() + this.#options.cacheMs
    for (const [index, { recipient, pairTag }] of submissions.entries()) {
      const resolution = resolutions[index]
      if (!resolution) continue
      const person = this.#people.get(recipient) ?? { account: recipient, current: true }
      this.#people.set(recipient, person)
      this.#pairs.set(pairTag, { resolution, person, until })
    }
  }
}

const next = (resolutions: Iterator<Resolution>): Resolution => {
  const { value, done } = resolutions.next()
  if (done) throw new Error('the directory answered fewer questions than it was asked')
  return value
}
