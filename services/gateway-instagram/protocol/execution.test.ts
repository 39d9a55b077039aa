/**
 * Our execution of mutations and subscriptions against GraphQL's own, on random documents: same
 * data, same submissions in the same order, same errors in the same places.
 */
import { ErrorCode } from '@isthmus/proto/codec'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { execute, GraphQLError, parse, validate } from 'graphql'
import { ANSWERS } from '../answers.ts'
import { ACCEPTED, base64, Harness, refusal, sealedBytes, START } from '../testing/harness.ts'
import { DEFAULT_GRAPHQL_LIMITS } from './limits.ts'
import { createSchema } from './schema.ts'

const schema = createSchema()
const REFUSED_ID = 'refused'

const condition = fc.constantFrom(
  '',
  '@skip(if: $yes)',
  '@skip(if: $no)',
  '@include(if: $yes)',
  '@include(if: $no)',
)

/** Selections on an object type: fields, aliases, fragments, conditions. */
const selections = (leaves: readonly string[], type: string): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        fc.tuple(fc.constantFrom(...leaves), condition).map((parts) => parts.join(' ')),
        fc
          .tuple(fc.constantFrom(...leaves), condition, condition)
          .map(([leaf, outer, inner]) => `... on ${type} ${outer} { ${leaf} ${inner} }`),
        fc.constant(`...${type}Fragment`),
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((list) => list.join(' '))

const rootField = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('', 'a: ', 'b: '),
      fc.constantFrom('m1', 'm2', REFUSED_ID),
      condition,
      selections(['id', 'x: id', '__typename'], 'Accepted'),
    )
    .map(
      ([alias, id, when, inner]) =>
        `${alias}send(to: $to, id: "${id}", letters: []) ${when} { ${inner} }`,
    ),
  fc
    .tuple(fc.constantFrom('', 'c: ', 'a: '), fc.nat({ max: 3 }), condition)
    .map(([alias, upTo, when]) => `${alias}acknowledge(upTo: ${upTo}) ${when}`),
  fc.constantFrom('__typename', 't: __typename', '...Root', '...Refused'),
)

const mutations = fc.array(rootField, { minLength: 1, maxLength: 5 }).map((fields) => {
  const text = fields.join('\n')
  const uses = (name: string): boolean => text.includes(name)
  return [
    'mutation ($to: Address!, $yes: Boolean!, $no: Boolean!) {',
    '  used: __typename @skip(if: $yes) @include(if: $no)',
    '  to: send(to: $to, id: "first", letters: []) { id }',
    `  ${text}`,
    '}',
    uses('...Root') ? 'fragment Root on Mutation { r: acknowledge(upTo: 9) b: __typename }' : '',
    uses('...Refused')
      ? `fragment Refused on Mutation { no: send(to: $to, id: "${REFUSED_ID}", letters: []) { id } }`
      : '',
    uses('AcceptedFragment') ? 'fragment AcceptedFragment on Accepted { __typename f: id }' : '',
  ].join('\n')
})

const VARIABLES = { to: 'messenger:grace.hopper', yes: true, no: false }

interface Story {
  readonly payload: unknown
  readonly performed: readonly string[]
}

const GENEROUS = { query: { ...DEFAULT_GRAPHQL_LIMITS.query, maxDirectives: 1000 } }

const ours = (query: string): Story => {
  const harness = new Harness(GENEROUS).connect()
  harness.subscribe('op', query, VARIABLES)
  const performed: string[] = []
  for (let effects = harness.takeEffects(); effects.length > 0; effects = harness.takeEffects()) {
    for (const effect of effects) {
      if (effect.effect === 'acknowledge') performed.push(`acknowledge ${effect.upTo}`)
      if (effect.effect !== 'submit') continue
      performed.push(`send ${effect.envelope.id}`)
      const isRefused = effect.envelope.id === REFUSED_ID
      const answer = isRefused ? refusal(ErrorCode.REFUSED) : ACCEPTED
      harness.machine.answered(effect.reference, answer)
    }
  }
  const [next, complete, ...more] = harness.take()
  expect([next?.type, complete?.type, more]).toEqual(['next', 'complete', []])
  return { payload: next?.payload, performed }
}

const graphqls = async (query: string): Promise<Story> => {
  const performed: string[] = []
  const rootValue = {
    acknowledge: ({ upTo }: { upTo: number }) => {
      performed.push(`acknowledge ${upTo}`)
      return upTo
    },
    send: async ({ id }: { id: string }) => {
      performed.push(`send ${id}`)
      await Promise.resolve()
      const { code, message } = ANSWERS[ErrorCode.REFUSED]
      if (id === REFUSED_ID) throw new GraphQLError(message, { extensions: { code } })
      return { id }
    },
  }
  const document = parse(query)
  const result = await execute({ schema, document, rootValue, variableValues: VARIABLES })
  return { payload: JSON.parse(JSON.stringify(result)) as unknown, performed }
}

test('mutations', async () => {
  let compared = 0
  await fc.assert(
    fc.asyncProperty(mutations, async (query) => {
      if (validate(schema, parse(query)).length > 0) return
      compared += 1
      const [mine, theirs] = [ours(query), await graphqls(query)]
      expect(mine).toEqual(theirs)
      // Objects compare equal in any order; the order of a response is part of its meaning.
      expect(JSON.stringify(mine.payload)).toBe(JSON.stringify(theirs.payload))
    }),
    { numRuns: 500 },
  )
  expect(compared).toBeGreaterThan(100)
})

test('subscriptions', async () => {
  const leaves = ['sequence', 'sealed', 'acceptedAt', 'n: sequence', '__typename', 't: __typename']
  const subscription = fc
    .tuple(
      fc.constantFrom('', 'letters: '),
      selections(leaves, 'Letter'),
      selections(leaves, 'Letter'),
    )
    .map(([alias, one, two]) =>
      [
        'subscription ($yes: Boolean!, $no: Boolean!) {',
        `  ${alias}inbox(after: 3) { ${one} used: sequence @skip(if: $yes) @include(if: $no) }`,
        `  ... { ${alias}inbox(after: 3) { ${two} } }`,
        '}',
        `${one} ${two}`.includes('...LetterFragment')
          ? 'fragment LetterFragment on Letter { sealed s: sequence }'
          : '',
      ].join('\n'),
    )
  let compared = 0
  await fc.assert(
    fc.asyncProperty(subscription, async (query) => {
      const document = parse(query)
      if (validate(schema, document).length > 0) return
      compared += 1
      const harness = new Harness(GENEROUS).connect()
      harness.subscribe('in', query, VARIABLES)
      harness.deliver(7)
      const sealed = base64(sealedBytes(7))
      const rootValue = { inbox: { sequence: 7, sealed, acceptedAt: START + 7 } }
      const result = await execute({ schema, document, rootValue, variableValues: VARIABLES })
      const [next] = harness.take()
      expect(JSON.stringify(next?.payload)).toBe(JSON.stringify(result))
    }),
    { numRuns: 500 },
  )
  expect(compared).toBeGreaterThan(100)
})
