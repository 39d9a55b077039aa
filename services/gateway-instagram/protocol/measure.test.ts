/** Documents that are too much: refused, and in a time that does not matter. */
import { describe, expect, test } from '@jest/globals'
import { getIntrospectionQuery } from 'graphql'
import { DEFAULT_GRAPHQL_LIMITS } from './limits.ts'
import { prepare, type Preparation } from './prepare.ts'
import { createSchema } from './schema.ts'

const schema = createSchema()
const limits = DEFAULT_GRAPHQL_LIMITS.query
const prepared = (query: string): Preparation => prepare(query, schema, limits)

const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ')

const doubling = (levels: number): string =>
  `{ me { ...F0 } } fragment F${levels} on Me { device } ` +
  times(levels, (n) => `fragment F${n} on Me { ...F${n + 1} ...F${n + 1} }`)

describe('too large', () => {
  test.each([
    ['tokens', `{ ${'me '.repeat(1001)} }`, /too many tokens/],
    ['selections', `{ ${'me { device } '.repeat(80)} }`, /more than 150 selections/],
    [
      'fields in a fragment nobody uses',
      `{ me { device } } fragment F on Me { ${'device '.repeat(151)} }`,
      /selections/,
    ],
    [
      'nested inline fragments',
      `${'{ ... '.repeat(151)} { me { device } } ${'}'.repeat(151)}`,
      /selections/,
    ],
    ['depth', `{ __schema { types { ${'ofType { '.repeat(16)} name ${'}'.repeat(19)}`, /16 levels/],
    [
      'depth by fragments',
      `{ __type(name: "Me") { ...F0 } } ${times(16, (n) => `fragment F${n} on __Type { ofType { ...F${n + 1} } }`)} fragment F16 on __Type { name }`,
      /16 levels/,
    ],
    ['fragments that double themselves', doubling(60), /values in its result/],
    ['aliases', `{ ${times(17, (n) => `a${n}: me { device }`)} }`, /more than 16 aliases/],
    [
      'directives on a field',
      `{ me ${'@skip(if: false) '.repeat(17)} { device } }`,
      /more than 16 directives/,
    ],
    ['directives on an operation', `query ${'@x '.repeat(17)} { me { device } }`, /directives/],
    ['a fragment in a circle', '{ me { ...A } } fragment A on Me { ...A }', /in a circle/],
    [
      'fragments in a circle',
      '{ me { ...A } } fragment A on Me { ...B } fragment B on Me { ...A }',
      /in a circle/,
    ],
    [
      'a circle that nobody enters',
      '{ me { device } } fragment A on Me { ...B } fragment B on Me { ...A }',
      /in a circle/,
    ],
    [
      'introspection of everything in everything',
      '{ __schema { types { fields { args { name type { fields { args { name type { enumValues { name description } } } } } } } } } }',
      /values in its result/,
    ],
  ])('%s', (_, query, message) => {
    const preparation = prepared(query)
    expect(preparation).toEqual({
      problems: [{ message: expect.stringMatching(message), extensions: { code: 'TOO_LARGE' } }],
    })
  })

  test('a million doublings take no longer than their text', () => {
    const began = performance.now()
    for (let count = 0; count < 20; count++) prepared(doubling(60))
    expect(performance.now() - began).toBeLessThan(2000)
  })
})

describe('within the limits', () => {
  test.each([
    [
      'introspection with everything in it',
      getIntrospectionQuery({
        descriptions: true,
        specifiedByUrl: true,
        directiveIsRepeatable: true,
        schemaDescription: true,
        inputValueDeprecation: true,
      }),
    ],
    ['sixteen aliases', `{ ${times(16, (n) => `a${n}: me { device }`)} }`],
    [
      'a literal list as deep as it goes',
      `mutation { send(to: "x", id: "y", letters: ${'['.repeat(200)}${']'.repeat(200)}) { id } }`,
    ],
  ])('%s is refused by no limit', (_, query) => {
    const preparation = prepared(query)
    const problems = 'problems' in preparation ? preparation.problems : []
    expect(problems.map(({ extensions }) => extensions.code)).not.toContain('TOO_LARGE')
  })

  test('the worst that passes the limits is prepared in milliseconds', () => {
    const worst = [
      `{ me { ${'device '.repeat(148)} } }`,
      `{ me { ...F0 } } ${times(40, (n) => `fragment F${n} on Me { device ...F${n + 1} }`)} fragment F40 on Me { device }`,
      `{ ${times(149, (n) => `unknown${n}`)} }`,
      `query (${times(150, (n) => `$v${n}: Int`)}) { me { device } }`,
    ]
    for (const query of worst) {
      const began = performance.now()
      prepared(query)
      expect(performance.now() - began).toBeLessThan(500)
    }
  })
})

test('a query over its length is refused unread', async () => {
  const { Harness } = await import('../testing/harness.ts')
  const harness = new Harness().connect()
  harness.subscribe('op', `{ me { device } } #${'x'.repeat(limits.maxLength)}`)
  expect(harness.take()).toMatchObject([
    { id: 'op', type: 'error', payload: [{ extensions: { code: 'TOO_LARGE' } }] },
  ])
})
