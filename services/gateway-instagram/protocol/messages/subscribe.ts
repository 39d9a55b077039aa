/** `subscribe`, client to server: begins an operation, of whichever kind, under an id. */
import type { GraphqlLimits } from '../limits.ts'
import {
  idProblem,
  invalid,
  isObject,
  isOptionalObject,
  typeName,
  type Invalid,
} from './invalid.ts'

export interface Subscribe {
  readonly type: 'subscribe'
  readonly id: string
  readonly query: string
  readonly operationName: string | undefined
  readonly variables: Readonly<Record<string, unknown>>
}

const NO_VARIABLES = Object.freeze({})

export const parseSubscribe = (
  { id, payload }: Readonly<Record<string, unknown>>,
  limits: GraphqlLimits,
): Subscribe | Invalid => {
  const problem = idProblem(id, limits.maxIdLength)
  if (problem) return problem
  if (!isObject(payload)) return invalid(`subscribe: "payload" is ${typeName(payload)}`)
  const { query, operationName, variables, extensions } = payload
  if (typeof query !== 'string') return invalid(`subscribe: "query" is ${typeName(query)}`)
  if (operationName != null && typeof operationName !== 'string') {
    return invalid('subscribe: "operationName" is not a string')
  }
  if (!isOptionalObject(variables)) return invalid('subscribe: "variables" is not an object')
  if (!isOptionalObject(extensions)) return invalid('subscribe: "extensions" is not an object')
  return {
    type: 'subscribe',
    id: id as string,
    query,
    operationName: operationName ?? undefined,
    variables: variables ?? NO_VARIABLES,
  }
}
