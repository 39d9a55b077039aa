/**
 * Documents, parsed, measured, validated and planned once. Sound ones are kept by their text for
 * all sockets of a gateway, least recently used out first, bounded by number and by tokens, which
 * is what a syntax tree's memory goes with.
 */
import { ErrorCode } from '@isthmus/proto/codec'
import type { GraphQLSchema } from 'graphql'
import type { QueryLimits } from './limits.ts'
import type { Plan } from './plan.ts'
import { prepare, type Preparation, type PreparedDocument } from './prepare.ts'
import { problem, type Problem } from './problem.ts'

const MAX_DOCUMENTS = 512
const MAX_TOKENS = 50_000

export class Documents {
  readonly #schema: GraphQLSchema
  readonly #limits: QueryLimits
  readonly #prepared = new Map<string, PreparedDocument>()
  #tokens = 0

  constructor(schema: GraphQLSchema, limits: QueryLimits) {
    this.#schema = schema
    this.#limits = limits
  }

  /** A document that was prepared before. */
  find(query: string): PreparedDocument | undefined {
    const known = this.#prepared.get(query)
    if (!known) return undefined
    // A map iterates in the order of insertion: the last one in is the last to go.
    this.#prepared.delete(query)
    this.#prepared.set(query, known)
    return known
  }

  /** Prepares a document, which takes time in proportion to its length, and keeps it if sound. */
  prepare(query: string): Preparation {
    const preparation = prepare(query, this.#schema, this.#limits)
    if ('plans' in preparation) this.#keep(query, preparation)
    return preparation
  }

  /** Documents kept, and their tokens. */
  get size(): { readonly documents: number; readonly tokens: number } {
    return { documents: this.#prepared.size, tokens: this.#tokens }
  }

  #keep(query: string, prepared: PreparedDocument): void {
    this.#prepared.set(query, prepared)
    this.#tokens += prepared.tokens
    for (const [oldest, { tokens }] of this.#prepared) {
      if (this.#prepared.size <= MAX_DOCUMENTS && this.#tokens <= MAX_TOKENS) break
      this.#prepared.delete(oldest)
      this.#tokens -= tokens
    }
  }
}

/** The plan that `operationName` asks for, or what is wrong with it. */
export const choosePlan = (
  plans: ReadonlyMap<string, Plan>,
  operationName: string | undefined,
): Plan | Problem => {
  if (operationName === undefined) {
    const [only] = plans.values()
    if (only && plans.size === 1) return only
    return problem(ErrorCode.MALFORMED, 'The query has several operations: give "operationName".')
  }
  const named = operationName === '' ? undefined : plans.get(operationName)
  return named ?? problem(ErrorCode.MALFORMED, 'The query has no operation of this operationName.')
}
