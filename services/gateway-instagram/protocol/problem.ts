/** GraphQL errors, as they go to the client. */
import { ErrorCode } from '@isthmus/proto/codec'
import type { GraphQLError, SourceLocation } from 'graphql'
import { ANSWERS, type Extensions, type RefusalCode } from '../answers.ts'

/** An error of a GraphQL response (GraphQL specification, section 7.1.2). */
export interface Problem {
  readonly message: string
  readonly locations?: readonly SourceLocation[]
  readonly path?: readonly (string | number)[]
  readonly extensions: Extensions
}

/** GraphQL's own messages quote the input: a letter of 80 KB is not sent back. */
const HEAD_LENGTH = 200
const TAIL_LENGTH = 100
const MAX_PROBLEMS = 5

const cut = (text: string): string =>
  text.length <= HEAD_LENGTH + TAIL_LENGTH
    ? text
    : `${text.slice(0, HEAD_LENGTH)} ... ${text.slice(-TAIL_LENGTH)}`

/** A problem of our own finding. Without `message`, the table's. */
export const problem = (error: RefusalCode, message?: string): Problem => {
  const text = ANSWERS[error]
  return { message: message ?? text.message, extensions: { code: text.code } }
}

/** Too much at a time. */
export const busy = (retryAfterMs: number): Problem => {
  const { code, message } = ANSWERS[ErrorCode.RATE_LIMITED]
  return { message, extensions: { code, retryAfterMs } }
}

/** Problems of GraphQL's finding: they are all the client's input's. */
export const problemsOf = (errors: readonly GraphQLError[]): readonly Problem[] =>
  errors.slice(0, MAX_PROBLEMS).map(({ message, locations }) => ({
    message: cut(message),
    ...(locations ? { locations } : {}),
    extensions: { code: ANSWERS[ErrorCode.MALFORMED].code },
  }))
