/** The short cuts of coercion against GraphQL's own functions. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  getArgumentValues,
  getVariableValues,
  GraphQLError,
  Kind,
  parse,
  type FieldNode,
  type OperationDefinitionNode,
} from 'graphql'
import { argumentCoercion, variableCoercion } from './coerce.ts'
import { createSchema } from './schema.ts'

const schema = createSchema()

const definitionsOf = (text: string): OperationDefinitionNode =>
  parse(`query (${text}) { x }`).definitions[0] as OperationDefinitionNode

/** JSON as a client may send it, often just right. */
const scalars = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.constantFrom(null, true, -0, 1.5, 2 ** 31, -(2 ** 31), 2 ** 53, 2 ** 53 - 1, '', '5', -1),
)
const letter = fc.record({ device: fc.string(), sealed: fc.string() })
const oddLetter = fc.oneof(
  letter,
  fc.dictionary(fc.constantFrom('device', 'sealed', 'more', '__proto__', 'constructor'), scalars),
  scalars,
)
const values = fc.oneof(
  { weight: 3, arbitrary: scalars },
  { weight: 3, arbitrary: fc.array(letter, { maxLength: 3 }) },
  { weight: 2, arbitrary: fc.array(oddLetter, { maxLength: 3 }) },
  { weight: 1, arbitrary: oddLetter },
  { weight: 1, arbitrary: fc.jsonValue() },
)
const types = fc.constantFrom(
  'Address!',
  'Address',
  'Address = "a:b"',
  'ID!',
  'ID',
  'Int',
  'Int!',
  'Int = 5',
  'Sequence!',
  'Sequence',
  'Base64!',
  'Boolean!',
  'String',
  'Float',
  'LetterInput!',
  '[LetterInput!]!',
  '[LetterInput!]',
  '[LetterInput]',
  '[ID!]! = ["x"]',
  '[[Int]!]',
)

describe('variables', () => {
  test('come out as GraphQL itself would have them', () => {
    const cases = fc.array(fc.tuple(types, fc.option(values, { nil: undefined })), {
      minLength: 1,
      maxLength: 3,
    })
    fc.assert(
      fc.property(cases, (variables) => {
        const text = variables.map(([type], index) => `$v${index}: ${type}`).join(', ')
        const definitions = definitionsOf(text).variableDefinitions ?? []
        const given = variables.flatMap(([, value], index) =>
          value === undefined ? [] : [[`v${index}`, value] as const],
        )
        const raw = { ...Object.fromEntries(given), unknown: 1 }
        const ours = variableCoercion(schema, definitions)(raw)
        const { coerced } = getVariableValues(schema, definitions, raw)
        if (!coerced) {
          expect(ours).toHaveProperty('problems')
          return
        }
        const { unknown: _, ...known } = (ours as { variables: Record<string, unknown> }).variables
        expect(known).toEqual(coerced)
      }),
      { numRuns: 3000 },
    )
  })

  test('that need no coercion are not copied', () => {
    const { variableDefinitions } = definitionsOf('$letters: [LetterInput!]!, $ttl: Int')
    const raw = { letters: [{ device: 'd', sealed: 's' }] }
    expect(variableCoercion(schema, variableDefinitions ?? [])(raw)).toEqual({ variables: raw })
    const coerced = variableCoercion(schema, variableDefinitions ?? [])(raw)
    expect('variables' in coerced && coerced.variables).toBe(raw)
  })
})

describe('arguments', () => {
  const send = schema.getMutationType()?.getFields()['send']
  if (!send) throw new Error('no send')

  test('come out as GraphQL itself would have them', () => {
    const argument = (name: string, literals: string[]): fc.Arbitrary<string> =>
      fc.constantFrom(...literals.map((literal) => `${name}: ${literal}`), '')
    const given = fc.tuple(
      argument('to', ['$a', '$b', '"x:y"', 'null']),
      argument('id', ['$a', '$b', '5', '"x"']),
      argument('letters', ['$l', '[]', '[{device: $a, sealed: "s"}]', '{device: "d", sealed: $b}']),
      argument('ttl', ['$n', '5', 'null']),
    )
    const variables = fc.record(
      {
        a: fc.option(fc.string()),
        b: fc.string(),
        l: fc.array(letter),
        n: fc.option(fc.integer()),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(given, variables, (args, raw) => {
        const list = args.filter((arg) => arg !== '').join(', ')
        const document = parse(`mutation { send${list === '' ? '' : `(${list})`} { id } }`)
        const [operation] = document.definitions
        if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no operation')
        const node = operation.selectionSet.selections[0] as FieldNode
        const ours = argumentCoercion(send, node)(raw)
        const theirs = graphqls(node, raw)
        if (theirs instanceof GraphQLError) {
          expect(ours).toMatchObject({ problem: { message: theirs.message } })
        } else {
          expect(ours).toEqual({ values: theirs })
        }
      }),
      { numRuns: 3000 },
    )
  })

  const graphqls = (node: FieldNode, raw: object): unknown => {
    try {
      return getArgumentValues(send, node, raw as Record<string, unknown>)
    } catch (error) {
      return error
    }
  }
})
