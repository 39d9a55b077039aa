/**
 * A mutation under way. Its root fields are carried out one after the other (GraphQL
 * specification, section 6.2.2); `acknowledge` is done at once, a `send` waits for the relay's
 * answer. The first refused field ends it: every field is non-null, so nothing of the data would
 * be left, and what comes after it is not begun.
 */
import type { Effects } from '@isthmus/gateway-core/protocol'
import { ErrorCode, type Answer } from '@isthmus/proto/codec'
import { toRefusal } from '../answers.ts'
import { toSubmission, type SendArguments } from '../to-submission.ts'
import type { Variables } from './collect.ts'
import { encodeResult, encodeNext } from './messages/next.ts'
import type { RootField } from './plan.ts'
import { problem, type Problem } from './problem.ts'
import { fill } from './shape.ts'

export interface MutationContext {
  readonly effects: Pick<Effects, 'submit' | 'acknowledge'>
  /** A reference for a submission, which is from now on this mutation's. */
  readonly refer: (mutation: Mutation) => number
}

/** The `next` message to send, or undefined while an answer is awaited. */
export type Outcome = string | undefined

export class Mutation {
  readonly id: string
  readonly #fields: readonly RootField[]
  readonly #variables: Variables
  /** The index of the field under way. */
  #at = 0
  #sendId = ''
  #data = ''

  constructor(id: string, fields: readonly RootField[], variables: Variables) {
    this.id = id
    this.#fields = fields
    this.#variables = variables
  }

  /** Carries out fields until one has to wait. */
  advance(context: MutationContext): Outcome {
    for (let field = this.#fields[this.#at]; field; field = this.#fields[this.#at]) {
      const json = this.#perform(field, context)
      if (typeof json !== 'string') return json && this.#fail(field, json)
      this.#put(field, json)
    }
    return encodeNext(this.id, `{${this.#data}}`)
  }

  /** The relay's word on the submission under way. */
  answered(answer: Answer, context: MutationContext): Outcome {
    const field = this.#fields[this.#at] as RootField
    if (answer.error !== ErrorCode.UNSPECIFIED) return this.#fail(field, toRefusal(answer))
    const id = JSON.stringify(this.#sendId)
    this.#put(
      field,
      fill(field.shape, () => id),
    )
    return this.advance(context)
  }

  /** The field's value as JSON text, what is wrong with it, or undefined if it has to wait. */
  #perform(field: RootField, context: MutationContext): string | Problem | undefined {
    if (field.name === '__typename') return '"Mutation"'
    const given = field.argumentsOf(this.#variables)
    if ('problem' in given) return given.problem
    if (field.name === 'send') return this.#send(given.values as unknown as SendArguments, context)
    const upTo = given.values['upTo'] as number
    context.effects.acknowledge(upTo)
    return String(upTo)
  }

  #send(given: SendArguments, context: MutationContext): Problem | undefined {
    const submission = toSubmission(given)
    if ('error' in submission) return problem(submission.error, submission.what)
    this.#sendId = submission.envelope.id
    context.effects.submit(context.refer(this), submission.to, submission.envelope)
    return undefined
  }

  #put({ key }: RootField, json: string): void {
    this.#data += `${this.#at > 0 ? ',' : ''}"${key}":${json}`
    this.#at += 1
  }

  #fail({ key, locations }: RootField, { message, extensions }: Problem): string {
    return encodeResult(this.id, [{ message, locations, path: [key], extensions }])
  }
}
