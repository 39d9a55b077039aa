/** From a `subscribe` message to the plan of its operation, within what one socket may ask for. */
import { ErrorCode } from '@isthmus/proto/codec'
import { choosePlan, type Documents } from './documents.ts'
import type { GraphqlLimits } from './limits.ts'
import type { Subscribe } from './messages/subscribe.ts'
import type { Plan } from './plan.ts'
import type { Preparation } from './prepare.ts'
import { busy, problem, type Problem } from './problem.ts'
import { WorkBudget } from './work.ts'

/** Work points of preparing a document, before its length, and of opening the inbox. */
const DOCUMENT_WORK = 64
const INBOX_WORK = 512

export class Planner {
  readonly #documents: Documents
  readonly #limits: GraphqlLimits
  readonly #work: WorkBudget

  constructor(documents: Documents, limits: GraphqlLimits) {
    this.#documents = documents
    this.#limits = limits
    this.#work = new WorkBudget(limits.work)
  }

  plan({ query, operationName }: Subscribe, now: number): Plan | { problems: readonly Problem[] } {
    const { maxLength } = this.#limits.query
    if (query.length > maxLength) {
      const what = `The query is over ${maxLength} characters: put values into variables.`
      return { problems: [problem(ErrorCode.TOO_LARGE, what)] }
    }
    const document = this.#documents.find(query) ?? this.#prepare(query, now)
    if ('problems' in document) return document
    const plan = choosePlan(document.plans, operationName)
    if ('message' in plan) return { problems: [plan] }
    const waitMs = this.#work.spend(workOf(plan), now)
    return waitMs > 0 ? { problems: [busy(waitMs)] } : plan
  }

  #prepare(query: string, now: number): Preparation {
    const waitMs = this.#work.spend(DOCUMENT_WORK + query.length, now)
    return waitMs > 0 ? { problems: [busy(waitMs)] } : this.#documents.prepare(query)
  }
}

const workOf = ({ kind, cost }: Plan): number => {
  // The gateway's core limits the rate of submissions itself.
  if (kind === 'mutation') return 0
  return kind === 'query' ? Math.ceil(cost / 8) : INBOX_WORK
}
