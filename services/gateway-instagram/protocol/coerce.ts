/**
 * Coercion of variables and arguments (GraphQL specification, sections 6.1.2 and 6.4.1).
 *
 * GraphQL's own functions do it, and say what is wrong; they cost more than all the rest of a send.
 * So what needs no coercion, which is what clients send, is recognised first and taken as it is.
 * coerce.test.ts holds the two against each other.
 */
import { ErrorCode } from '@isthmus/proto/codec'
import {
  getArgumentValues,
  getVariableValues,
  GraphQLError,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  Kind,
  typeFromAST,
  type FieldNode,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  type VariableDefinitionNode,
} from 'graphql'
import type { Variables } from './collect.ts'
import { problem, problemsOf, type Problem } from './problem.ts'
import { isCount } from './scalars.ts'

export type Coerced = { readonly variables: Variables } | { readonly problems: readonly Problem[] }
export type Arguments = { readonly values: Variables } | { readonly problem: Problem }

/** Whether a value already is what its coercion would give. */
type Accepts = (value: unknown) => boolean

const MAX_ERRORS = 5

const isString: Accepts = (value) => typeof value === 'string'

const SCALARS: ReadonlyMap<string, Accepts> = new Map<string, Accepts>([
  ['Address', isString],
  ['Base64', isString],
  ['ID', isString],
  ['Int', (value) => typeof value === 'number' && (value | 0) === value],
  ['Sequence', isCount],
])

const acceptsOf = (type: GraphQLInputType): Accepts => {
  if (!isNonNullType(type)) {
    const accepts = acceptsValueOf(type)
    return (value) => value === null || accepts(value)
  }
  return acceptsValueOf(type.ofType)
}

const acceptsValueOf = (type: GraphQLInputType): Accepts => {
  if (isListType(type)) {
    const accepts = acceptsOf(type.ofType)
    return (value) => Array.isArray(value) && value.every(accepts)
  }
  if (!isInputObjectType(type)) return SCALARS.get(type.toString()) ?? (() => false)
  const fields = Object.values(type.getFields())
  const accepts = fields.map((field) => [field.name, acceptsOf(field.type)] as const)
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === accepts.length &&
    accepts.every(([name, accept]) => accept((value as Variables)[name]))
}

/** Makes ready to coerce an operation's variables. */
export const variableCoercion = (
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
): ((raw: Variables) => Coerced) => {
  const checks = definitions.map((definition) => {
    const type = typeFromAST(schema, definition.type)
    const name = definition.variable.name.value
    if (!isInputType(type)) return { name, accepts: () => false, mayBeAbsent: false }
    const mayBeAbsent = !isNonNullType(type) && definition.defaultValue === undefined
    return { name, accepts: acceptsOf(type), mayBeAbsent }
  })
  const isCoerced = (raw: Variables): boolean =>
    checks.every(({ name, accepts, mayBeAbsent }) =>
      Object.hasOwn(raw, name) ? accepts(raw[name]) : mayBeAbsent,
    )
  return (raw) => {
    if (isCoerced(raw)) return { variables: raw }
    const options = { maxErrors: MAX_ERRORS }
    const { coerced, errors } = getVariableValues(schema, definitions, raw, options)
    return coerced ? { variables: coerced } : { problems: problemsOf(errors ?? []) }
  }
}

/** Makes ready to coerce a field's arguments. */
export const argumentCoercion = (
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
): ((variables: Variables) => Arguments) => {
  const given = node.arguments ?? []
  const names = given.flatMap(({ name, value }) =>
    value.kind === Kind.VARIABLE ? [[name.value, value.name.value] as const] : [],
  )
  const isGiven = (name: string): boolean => given.some((argument) => argument.name.value === name)
  const isSimple =
    names.length === given.length &&
    field.args.every((argument) => !isRequiredArgument(argument) || isGiven(argument.name))
  return (variables) => {
    const values = isSimple ? pick(names, variables) : undefined
    return values ? { values } : coerceArguments(field, node, variables)
  }
}

/** Undefined if one is missing or null: whether it may be is GraphQL's to say. */
const pick = (
  names: readonly (readonly [string, string])[],
  variables: Variables,
): Variables | undefined => {
  const values: Record<string, unknown> = {}
  for (const [name, variable] of names) {
    const value = Object.hasOwn(variables, variable) ? variables[variable] : undefined
    if (value === undefined || value === null) return undefined
    values[name] = value
  }
  return values
}

const coerceArguments = (
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Variables,
): Arguments => {
  try {
    return { values: getArgumentValues(field, node, variables) }
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    return { problem: problem(ErrorCode.MALFORMED, error.message) }
  }
}
