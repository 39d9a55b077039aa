/**
 * What the custom scalars accept. Addresses and base64 are only known to be strings here: whether
 * they are sound is to-submission.ts's to say, so that a bad one is answered like any other refused
 * submission and a letter is decoded once.
 */
import { Kind, type GraphQLScalarType, type ValueNode } from 'graphql'

/** GraphQL puts the value and the type before the messages of these errors. */
type Behaviour = Pick<GraphQLScalarType, 'serialize' | 'parseValue' | 'parseLiteral'>

const parseString = (value: unknown): string => {
  if (typeof value !== 'string') throw new TypeError('a string is expected')
  return value
}

export const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

const parseCount = (value: unknown): number => {
  if (!isCount(value)) throw new TypeError('a whole number from 0 to 2^53 - 1 is expected')
  return value
}

const literalOf = (node: ValueNode): unknown => {
  if (node.kind === Kind.STRING) return node.value
  return node.kind === Kind.INT ? Number(node.value) : undefined
}

const behaviour = (parse: (value: unknown) => unknown): Behaviour => ({
  serialize: (value) => value,
  parseValue: parse,
  parseLiteral: (node) => parse(literalOf(node)),
})

export const SCALARS: Readonly<Record<string, Behaviour>> = {
  Address: behaviour(parseString),
  Base64: behaviour(parseString),
  Sequence: behaviour(parseCount),
  Timestamp: behaviour(parseCount),
}
