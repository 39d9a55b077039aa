/** The ids of operations, their end, and how many of them there may be. */
import { ErrorCode } from '@isthmus/proto/codec'
import { describe, expect, test } from '@jest/globals'
import { ACCEPTED, Harness, refusal, SEND, sendVariables, TWO_SENDS } from '../testing/harness.ts'
import { DEFAULT_GRAPHQL_LIMITS } from './limits.ts'

describe('complete from the client', () => {
  test('for a send under way drops the result; the submission stands', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', SEND, sendVariables('m1'))
    harness.complete('op')
    expect(harness.takeEffects().map(({ effect }) => effect)).toEqual(['submit'])
    harness.machine.answered(1, ACCEPTED)
    expect(harness.take()).toEqual([])
    expect(harness.closes).toEqual([])
  })

  test('for a mutation of several fields: those after the one under way are not begun', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', TWO_SENDS, { ...sendVariables('x') })
    harness.complete('op')
    harness.takeEffects()
    harness.machine.answered(1, ACCEPTED)
    expect(harness.takeEffects()).toEqual([])
    expect(harness.take()).toEqual([])
  })

  test('frees the id at once, and the old answer is not taken for the new one', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', SEND, sendVariables('m1'))
    harness.complete('op')
    harness.subscribe('op', SEND, sendVariables('m2'))
    harness.machine.answered(1, refusal(ErrorCode.REFUSED))
    expect(harness.take()).toEqual([])
    harness.machine.answered(2, ACCEPTED)
    expect(harness.take()[0]?.payload).toEqual({ data: { send: { id: 'm2' } } })
  })

  test('for an id that is not known is ignored', () => {
    const harness = new Harness().connect()
    harness.complete('never-begun')
    expect(harness.closes).toEqual([])
  })
})

describe('ids', () => {
  test('an id that is in use closes with 4409', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', SEND, sendVariables('m1'))
    harness.subscribe('op', '{ me { device } }')
    expect(harness.closes).toEqual([{ code: 4409, reason: 'Subscriber for op already exists' }])
  })

  test('a long id is cut in the reason, which holds 123 bytes', () => {
    const harness = new Harness().connect()
    const id = '\u{1f511}'.repeat(60)
    harness.subscribe(id, SEND, sendVariables('m1'))
    harness.subscribe(id, SEND, sendVariables('m2'))
    const reason = harness.closes[0]?.reason ?? ''
    expect(reason).toBe(`Subscriber for ${'\u{1f511}'.repeat(23)} already exists`)
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123)
  })

  test('an id may be used again after complete, and after error', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', SEND, sendVariables('m1'))
    harness.machine.answered(1, ACCEPTED)
    harness.subscribe('op', 'nonsense')
    harness.subscribe('op', SEND, sendVariables('m2'))
    expect(harness.take().map(({ type }) => type)).toEqual(['next', 'complete', 'error'])
    expect(harness.closes).toEqual([])
  })

  test.each(['__proto__', 'constructor', '\ud800', '"', '\u0000'])('%j is an id like any', (id) => {
    const harness = new Harness().connect()
    harness.subscribe(id, SEND, sendVariables('m1'))
    harness.machine.answered(1, ACCEPTED)
    expect(harness.take()).toMatchObject([
      { id, type: 'next' },
      { id, type: 'complete' },
    ])
  })
})

test('too many operations under way are refused, completed ones of them included', () => {
  const harness = new Harness({ maxOperations: 3 }).connect()
  for (const id of ['a', 'b', 'c']) {
    harness.subscribe(id, SEND, sendVariables(id))
    harness.complete(id)
  }
  harness.subscribe('d', SEND, sendVariables('d'))
  expect(harness.take()).toMatchObject([
    {
      id: 'd',
      type: 'error',
      payload: [{ extensions: { code: 'RATE_LIMITED', retryAfterMs: 1000 } }],
    },
  ])
  harness.machine.answered(1, ACCEPTED)
  harness.subscribe('d', SEND, sendVariables('d'))
  harness.machine.answered(4, ACCEPTED)
  expect(harness.take()).toMatchObject([{ id: 'd', type: 'next' }, { type: 'complete' }])
})

test('by default more operations may be under way than the relay reads at a time', () => {
  expect(DEFAULT_GRAPHQL_LIMITS.maxOperations).toBeGreaterThan(256)
})

test('what a socket has used up for queries does not keep it from sending', () => {
  const harness = new Harness({ work: { burst: 300, perSecond: 1 } }).connect()
  harness.subscribe('op', SEND, sendVariables('m1'))
  harness.subscribe('q', '{ me { device } }')
  harness.subscribe('q', '{ me { address } }')
  expect(harness.take()).toMatchObject([
    { id: 'q', type: 'next' },
    { id: 'q', type: 'complete' },
    { id: 'q', type: 'error', payload: [{ extensions: { code: 'RATE_LIMITED' } }] },
  ])
  harness.subscribe('op2', SEND, sendVariables('m2'))
  expect(harness.takeEffects().map(({ effect }) => effect)).toEqual(['submit', 'submit'])
})
