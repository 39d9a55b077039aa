/** Sends and acknowledgements, as a client sees them. */
import { ErrorCode } from '@isthmus/proto/codec'
import { describe, expect, test } from '@jest/globals'
import { ANSWERS, type RefusalCode } from '../answers.ts'
import {
  ACCEPTED,
  ACKNOWLEDGE,
  Harness,
  refusal,
  SEND,
  sealedBytes,
  sendVariables,
  TWO_SENDS,
} from '../testing/harness.ts'

const errorsOf = (payload: unknown): { message: string; extensions: unknown }[] =>
  (payload as { errors: { message: string; extensions: unknown }[] }).errors

describe('send', () => {
  test('is submitted at once, and answered when the relay has answered', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', SEND, { ...sendVariables('m1'), ttl: 3600 })
    expect(harness.takeEffects()).toEqual([
      {
        effect: 'submit',
        reference: 1,
        to: { network: 'whatsapp', handle: '14155550123' },
        envelope: {
          id: 'm1',
          letters: [{ deviceId: 'their-device-00000000A', sealed: Buffer.from(sealedBytes(1)) }],
          ttlSeconds: 3600,
        },
      },
    ])
    expect(harness.take()).toEqual([])
    harness.machine.answered(1, ACCEPTED)
    expect(harness.take()).toEqual([
      { id: 'op', type: 'next', payload: { data: { send: { id: 'm1' } } } },
      { id: 'op', type: 'complete' },
    ])
  })

  test('of one socket go out in order, each answered under its own id', () => {
    const harness = new Harness().connect()
    for (const id of ['a', 'b', 'c']) harness.subscribe(id, SEND, sendVariables(`m-${id}`))
    const submitted = harness
      .takeEffects()
      .map((effect) =>
        effect.effect === 'submit' ? [effect.reference, effect.envelope.id] : effect,
      )
    expect(submitted).toEqual([
      [1, 'm-a'],
      [2, 'm-b'],
      [3, 'm-c'],
    ])
    for (const reference of [1, 2, 3]) harness.machine.answered(reference, ACCEPTED)
    expect(harness.take().map(({ id, type }) => `${id} ${type}`)).toEqual([
      'a next',
      'a complete',
      'b next',
      'b complete',
      'c next',
      'c complete',
    ])
  })

  test.each(Object.keys(ANSWERS).map((code) => Number(code) as RefusalCode))(
    'refused with code %d: an error in the result, as the table says, then complete',
    (error) => {
      const harness = new Harness().connect()
      harness.subscribe('op', SEND, sendVariables('m1'))
      harness.machine.answered(1, refusal(error))
      const { code, message } = ANSWERS[error]
      const stale = error === ErrorCode.STALE_DEVICES ? { missing: [], extra: [] } : {}
      expect(harness.take()).toEqual([
        {
          id: 'op',
          type: 'next',
          payload: {
            errors: [
              {
                message,
                locations: [{ line: 1, column: SEND.indexOf('send(') + 1 }],
                path: ['send'],
                extensions: { code, ...stale },
              },
            ],
            data: null,
          },
        },
        { id: 'op', type: 'complete' },
      ])
    },
  )

  test('refused for stale devices says which', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', SEND, sendVariables('m1'))
    harness.machine.answered(
      1,
      refusal(ErrorCode.STALE_DEVICES, { missing: ['new-device'], extra: ['old-device'] }),
    )
    expect(errorsOf(harness.take()[0]?.payload)[0]?.extensions).toEqual({
      code: 'STALE_DEVICES',
      missing: ['new-device'],
      extra: ['old-device'],
    })
  })

  test('refused for now says for how long', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', SEND, sendVariables('m1'))
    harness.machine.answered(1, refusal(ErrorCode.RATE_LIMITED, { retryAfterMs: 1500 }))
    expect(errorsOf(harness.take()[0]?.payload)[0]?.extensions).toEqual({
      code: 'RATE_LIMITED',
      retryAfterMs: 1500,
    })
  })

  test('refused with a code of a later version counts as not now', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', SEND, sendVariables('m1'))
    harness.machine.answered(1, refusal(31 as ErrorCode))
    expect(errorsOf(harness.take()[0]?.payload)[0]?.extensions).toEqual({ code: 'UNAVAILABLE' })
  })

  test('that is not a submission is refused in the result and never reaches the relay', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', SEND, sendVariables('m1', 'nobody'))
    const [next, complete] = harness.take()
    expect(next).toMatchObject({ id: 'op', type: 'next', payload: { data: null } })
    expect(errorsOf(next?.payload)).toMatchObject([{ extensions: { code: 'MALFORMED' } }])
    expect(complete).toEqual({ id: 'op', type: 'complete' })
    expect(harness.takeEffects()).toEqual([])
  })

  test('whose variables are not of the schema is not begun', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', SEND, { ...sendVariables('m1'), letters: [{ device: 'x' }] })
    expect(harness.take()).toMatchObject([
      { id: 'op', type: 'error', payload: [{ extensions: { code: 'MALFORMED' } }] },
    ])
    expect(harness.takeEffects()).toEqual([])
  })

  test('an error quotes at most a little of a huge variable', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', SEND, { ...sendVariables('m1'), letters: 'x'.repeat(1_000_000) })
    expect(harness.frames[0]?.length).toBeLessThan(600)
    expect(harness.take()[0]?.type).toBe('error')
  })

  test.each(['__proto__', 'constructor', 'toString'])(
    'a letter with the key %s is refused, and nothing inherits from it',
    (key) => {
      const harness = new Harness().connect()
      const letter = '{"device":"d","sealed":"AAAA","KEY":{"polluted":1}}'.replace('KEY', key)
      const variables = `{"to":"whatsapp:14155550123","id":"m1","letters":[${letter}]}`
      harness.receive(
        `{"type":"subscribe","id":"1","payload":{"query":${JSON.stringify(SEND)},"variables":${variables}}}`,
      )
      expect(harness.take()).toMatchObject([{ type: 'error', id: '1' }])
      expect({}).not.toHaveProperty('polluted')
    },
  )

  test('a prototype among the variables is no variable', () => {
    const harness = new Harness().connect()
    const variables = '{"__proto__":{"to":"whatsapp:14155550123"},"id":"m1","letters":[]}'
    harness.receive(
      `{"type":"subscribe","id":"1","payload":{"query":${JSON.stringify(SEND)},"variables":${variables}}}`,
    )
    expect(harness.take()).toMatchObject([
      { type: 'error', payload: [{ message: expect.stringContaining('"$to"') }] },
    ])
  })
})

describe('several fields in one mutation', () => {
  const letters = sendVariables('x')['letters']
  const variables = { to: 'messenger:grace.hopper', letters }

  test('are carried out one after the other, each submission after the answer to the last', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', TWO_SENDS, variables)
    expect(harness.takeEffects().map(({ effect }) => effect)).toEqual(['submit'])
    harness.machine.answered(1, ACCEPTED)
    expect(harness.take()).toEqual([])
    expect(harness.takeEffects()).toMatchObject([
      { effect: 'acknowledge', upTo: 7 },
      { effect: 'submit', reference: 2, envelope: { id: 'm2' } },
    ])
    harness.machine.answered(2, ACCEPTED)
    expect(harness.take()).toEqual([
      {
        id: 'op',
        type: 'next',
        payload: {
          data: {
            first: { id: 'm1' },
            acknowledge: 7,
            second: { id: 'm2', __typename: 'Accepted' },
          },
        },
      },
      { id: 'op', type: 'complete' },
    ])
  })

  test('end at the first that is refused; its path says which', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', TWO_SENDS, variables)
    harness.takeEffects()
    harness.machine.answered(1, refusal(ErrorCode.REFUSED))
    expect(harness.take()).toMatchObject([
      { payload: { data: null, errors: [{ path: ['first'], extensions: { code: 'REFUSED' } }] } },
      { type: 'complete' },
    ])
    expect(harness.takeEffects()).toEqual([])
  })
})

describe('acknowledge', () => {
  test('moves the cursor and is answered at once', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', ACKNOWLEDGE, { upTo: 12 })
    expect(harness.takeEffects()).toEqual([{ effect: 'acknowledge', upTo: 12 }])
    expect(harness.take()).toEqual([
      { id: 'op', type: 'next', payload: { data: { acknowledge: 12 } } },
      { id: 'op', type: 'complete' },
    ])
  })

  test.each([-1, 1.5, 2 ** 53, '12', null, {}, [3], true])('of %j is refused', (upTo) => {
    const harness = new Harness().connect()
    harness.subscribe('op', ACKNOWLEDGE, { upTo })
    expect(harness.take()).toMatchObject([{ id: 'op', type: 'error' }])
    expect(harness.takeEffects()).toEqual([])
  })

  test('in a literal works too, over 2^31', () => {
    const harness = new Harness().connect()
    harness.subscribe('op', 'mutation { acknowledge(upTo: 9007199254740991) }')
    expect(harness.takeEffects()).toEqual([{ effect: 'acknowledge', upTo: 2 ** 53 - 1 }])
  })
})
