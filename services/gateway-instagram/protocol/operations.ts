/**
 * The operations of one acknowledged connection.
 *
 * An id belongs to its operation from `subscribe` until the server's `complete` or `error`, or the
 * client's `complete`. A client's `complete` for a mutation under way drops its result: the
 * submission that waits for its answer is not undone, and fields after it are not begun.
 */
import type { Effects } from '@isthmus/gateway-core/protocol'
import type { StoredLetter } from '@isthmus/mailbox/port'
import { ErrorCode, type Answer } from '@isthmus/proto/codec'
import type { Variables } from './collect.ts'
import type { Documents } from './documents.ts'
import { InboxSubscription } from './inbox.ts'
import type { GraphqlLimits } from './limits.ts'
import { encodeComplete } from './messages/complete.ts'
import { encodeError } from './messages/error.ts'
import type { Subscribe } from './messages/subscribe.ts'
import { Mutation, type MutationContext, type Outcome } from './mutation.ts'
import type { Plan } from './plan.ts'
import { Planner } from './planner.ts'
import { busy, problem, type Problem } from './problem.ts'
import { runQuery, type Me } from './query.ts'
import { Waiting } from './waiting.ts'

/** Milliseconds after which an operation refused for its number may be tried again. */
const BUSY_RETRY_MS = 1000

export class Operations implements MutationContext {
  readonly effects: Effects
  readonly #limits: GraphqlLimits
  readonly #planner: Planner
  readonly #me: Me
  /** Made with the first submission: many a socket only ever listens. */
  #waiting: Waiting | undefined
  #inbox: InboxSubscription | undefined
  #reference = 0

  constructor(effects: Effects, documents: Documents, limits: GraphqlLimits, me: Me) {
    this.effects = effects
    this.#limits = limits
    this.#planner = new Planner(documents, limits)
    this.#me = me
  }

  /** Submissions that wait for their answers. */
  get waiting(): number {
    return this.#waiting?.size ?? 0
  }

  has(id: string): boolean {
    return this.#inbox?.id === id || this.#waiting?.has(id) === true
  }

  /** Begins an operation under an id that no other one has. */
  begin(message: Subscribe, now: number): void {
    const { id, variables } = message
    if (this.waiting >= this.#limits.maxOperations) {
      this.#refuse(id, [busy(BUSY_RETRY_MS)])
      return
    }
    const plan = this.#planner.plan(message, now)
    if ('problems' in plan) this.#refuse(id, plan.problems)
    else if (plan.kind === 'query') this.#send(runQuery(id, plan, variables, this.#me))
    else this.#operate(id, plan, variables)
  }

  /** The client is done with an operation; an id that is not known is ignored. */
  complete(id: string): void {
    this.#waiting?.drop(id)
    if (this.#inbox?.id !== id) return
    this.#inbox = undefined
    this.effects.detach()
  }

  answered(reference: number, answer: Answer): void {
    const mutation = this.#waiting?.take(reference)
    if (mutation) this.#tell(mutation.id, mutation.answered(answer, this))
  }

  deliver(letter: StoredLetter): void {
    if (this.#inbox) this.effects.send(this.#inbox.next(letter))
  }

  refer(mutation: Mutation): number {
    this.#reference += 1
    this.#waiting ??= new Waiting()
    this.#waiting.add(this.#reference, mutation)
    return this.#reference
  }

  #operate(id: string, plan: Plan, raw: Variables): void {
    const coerced = plan.coerce(raw)
    if ('problems' in coerced) this.#refuse(id, coerced.problems)
    else if (plan.kind === 'subscription') this.#subscribe(id, plan, coerced.variables)
    else {
      const mutation = new Mutation(id, plan.rootFields(coerced.variables), coerced.variables)
      this.#tell(id, mutation.advance(this))
    }
  }

  #subscribe(id: string, plan: Plan, variables: Variables): void {
    if (this.#inbox) {
      const what = 'This socket has its inbox subscription already: complete that one first.'
      this.#refuse(id, [problem(ErrorCode.MALFORMED, what)])
      return
    }
    const [field] = plan.rootFields(variables)
    if (!field) {
      this.#refuse(id, [problem(ErrorCode.MALFORMED, 'The subscription selects nothing.')])
      return
    }
    const given = field.argumentsOf(variables)
    if ('problem' in given) {
      this.#refuse(id, [given.problem])
      return
    }
    this.#inbox = new InboxSubscription(id, field)
    const after = given.values['after'] as number | null | undefined
    this.effects.attach({ window: this.#limits.window, ...(after == null ? {} : { after }) })
  }

  #tell(id: string, outcome: Outcome): void {
    if (outcome !== undefined) this.#send([outcome, encodeComplete(id)])
  }

  #refuse(id: string, problems: readonly Problem[]): void {
    this.effects.send(encodeError(id, problems))
  }

  #send(frames: readonly string[]): void {
    for (const frame of frames) this.effects.send(frame)
  }
}
