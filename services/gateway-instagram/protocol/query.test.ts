/** Queries and introspection, and how operations are chosen. */
import { describe, expect, test } from '@jest/globals'
import {
  buildClientSchema,
  getIntrospectionQuery,
  printSchema,
  type IntrospectionQuery,
} from 'graphql'
import { ADDRESS, DEVICE, Harness } from '../testing/harness.ts'
import { createSchema } from './schema.ts'

describe('me', () => {
  test('is who the socket is', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', '{ me { address device } }')
    expect(harness.take()).toEqual([
      {
        id: 'op',
        type: 'next',
        payload: { data: { me: { address: ADDRESS, device: DEVICE } } },
      },
      { id: 'op', type: 'complete' },
    ])
  })

  test('can be renamed, split and left out', () => {
    const harness = new Harness().connect()
    harness.subscribe(
      'op',
      `query ($no: Boolean = false) {
        __typename
        i: me { ...Who gone: device @include(if: $no) }
        me @skip(if: true) { device }
      }
      fragment Who on Me { at: address __typename }`,
    )
    expect(harness.take()[0]?.payload).toEqual({
      data: { __typename: 'Query', i: { at: ADDRESS, __typename: 'Me' } },
    })
  })
})

describe('introspection', () => {
  const introspect = (harness: Harness): void =>
    harness.subscribe(
      'op',
      getIntrospectionQuery({ specifiedByUrl: true, schemaDescription: true }),
    )

  test('gives the whole schema', () => {
    const harness = new Harness().connect()
    introspect(harness)
    const [next] = harness.take() as unknown as [{ payload: { data: IntrospectionQuery } }]
    const { data } = next.payload
    expect(printSchema(buildClientSchema(data))).toBe(printSchema(createSchema()))
  })

  test('in a flood is refused for a while, and only on this socket', () => {
    const harness = new Harness().connect()
    let served = 0
    let refused: unknown
    while (!refused && served < 1000) {
      introspect(harness)
      const [first] = harness.take()
      if (first?.type === 'error') refused = first.payload
      else served += 1
    }
    expect(served).toBeGreaterThan(5)
    expect(served).toBeLessThan(100)
    expect(refused).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }])
    const [{ extensions }] = refused as [{ extensions: { retryAfterMs: number } }]
    harness.now += extensions.retryAfterMs
    introspect(harness)
    expect(harness.take()[0]?.type).toBe('next')
  })
})

describe('operationName', () => {
  const TWO = 'query One { me { address } } query Two { me { device } }'

  test('chooses one of several', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', TWO, {}, 'Two')
    expect(harness.take()[0]?.payload).toEqual({ data: { me: { device: DEVICE } } })
  })

  test.each([undefined, 'Three', '', '__proto__'])('%j does not', (name) => {
    const harness = new Harness().connect()
    harness.subscribe('op', TWO, {}, name)
    expect(harness.take()).toMatchObject([
      { type: 'error', payload: [{ extensions: { code: 'MALFORMED' } }] },
    ])
  })

  test('that is wrong for a single operation is refused too', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', 'query One { me { address } }', {}, 'Two')
    expect(harness.take()).toMatchObject([{ type: 'error' }])
  })
})

describe('a document that is not sound gets an error with code MALFORMED', () => {
  test.each([
    '',
    '{',
    '{ me }',
    '{ me { name } }',
    '{ you { device } }',
    'query ($x: Int) { me { device } }',
    'query { me { ...F } }',
    'fragment F on Me { device }',
    'type Query { x: Int }',
    'query A { me { device } } query A { me { device } }',
    'mutation { send(to: "x") { id } }',
    'mutation { acknowledge(upTo: "5") }',
    'subscription { inbox { sequence } __typename }',
    'subscription { inbox { sequence } other: inbox { sequence } }',
    'subscription { __typename }',
    '{ me { device } } @nonsense',
    '{ me @nonsense { device } }',
    'query ($v: Sequence!) { me { device } }',
  ])('%s', (query) => {
    const harness = new Harness().connect()
    harness.subscribe('op', query)
    const [error, ...more] = harness.take()
    expect(more).toEqual([])
    expect(error).toMatchObject({ id: 'op', type: 'error' })
    const problems = error?.payload as { message: string; extensions: object }[]
    expect(problems.length).toBeGreaterThan(0)
    for (const { message, extensions } of problems) {
      expect(extensions).toEqual({ code: 'MALFORMED' })
      expect(message).not.toBe('')
    }
    expect(harness.closes).toEqual([])
  })
})
