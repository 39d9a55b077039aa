/** The connection: init, its refusals and time limits, pings, closes. */
import type { GoodbyeReason } from '@isthmus/gateway-core/protocol'
import { describe, expect, test } from '@jest/globals'
import { GOODBYES } from './answers.ts'
import { graphqlProtocol } from './machine.ts'
import { DEFAULT_GRAPHQL_LIMITS } from './protocol/limits.ts'
import { ADDRESS, DEVICE, Harness, INBOX, SEND, sendVariables, TOKEN } from './testing/harness.ts'

const INIT = { type: 'connection_init', payload: { address: ADDRESS, token: TOKEN } }

test('the protocol says what the shell must know', () => {
  expect(graphqlProtocol).toMatchObject({
    subprotocol: 'graphql-transport-ws',
    path: '/graphql',
    mergeFrames: false,
  })
})

describe('connection_init', () => {
  test('is acknowledged when the credentials are right', () => {
    const harness = new Harness()
    harness.receive(INIT)
    expect(harness.takeEffects()).toEqual([
      { effect: 'authenticate', address: ADDRESS, token: TOKEN },
    ])
    expect(harness.take()).toEqual([])
    harness.machine.authenticated({ outcome: 'accepted', device: DEVICE })
    expect(harness.take()).toEqual([{ type: 'connection_ack' }])
  })

  test('with wrong credentials closes with 4403 Forbidden', () => {
    const harness = new Harness()
    harness.receive(INIT)
    harness.machine.authenticated({ outcome: 'refused' })
    expect(harness.closes).toEqual([{ code: 4403, reason: 'Forbidden' }])
    expect(harness.take()).toEqual([])
  })

  test.each([
    ['no payload', undefined],
    ['a null payload', null],
    ['no token', { address: ADDRESS }],
    ['no address', { token: TOKEN }],
    ['an empty token', { address: ADDRESS, token: '' }],
    ['an endless token', { address: ADDRESS, token: 'x'.repeat(257) }],
    ['an object where the token belongs', { address: ADDRESS, token: { $ne: 1 } }],
    ['a list where the address belongs', { address: [ADDRESS], token: TOKEN }],
    ['another network', { address: 'whatsapp:14155550123', token: TOKEN }],
    ['a handle that is not canonical', { address: 'instagram:Ada', token: TOKEN }],
    ['a handle that tries to be a subject', { address: 'instagram:a.*.>', token: TOKEN }],
    ['no network', { address: 'ada', token: TOKEN }],
  ])('with %s closes as with a wrong token, without asking the directory', (_, payload) => {
    const harness = new Harness()
    harness.receive({ type: 'connection_init', payload })
    expect(harness.closes).toEqual([{ code: 4403, reason: 'Forbidden' }])
    expect(harness.takeEffects()).toEqual([])
  })

  test('with the directory away closes with 1013 Try again later', () => {
    const harness = new Harness()
    harness.receive(INIT)
    harness.machine.authenticated({ outcome: 'unavailable' })
    expect(harness.closes).toEqual([{ code: 1013, reason: 'Try again later' }])
  })

  test.each([
    ['while the first is being checked', false],
    ['after the acknowledgement', true],
  ])('a second one %s closes with 4429', (_, acknowledged) => {
    const harness = new Harness()
    harness.receive(INIT)
    if (acknowledged) harness.machine.authenticated({ outcome: 'accepted', device: DEVICE })
    harness.receive(INIT)
    expect(harness.closes).toEqual([{ code: 4429, reason: 'Too many initialisation requests' }])
  })

  test('that does not come in time closes with 4408, whatever else comes', () => {
    const harness = new Harness()
    harness.passMs(DEFAULT_GRAPHQL_LIMITS.initTimeoutMs - 1000)
    harness.receive({ type: 'ping' })
    expect(harness.take()).toEqual([{ type: 'pong' }])
    expect(harness.closes).toEqual([])
    harness.passMs(1000)
    expect(harness.closes).toEqual([{ code: 4408, reason: 'Connection initialisation timeout' }])
  })

  test('that came in time but is still being checked is not timed out', () => {
    const harness = new Harness()
    harness.receive(INIT)
    harness.passMs(600_000)
    expect(harness.closes).toEqual([])
  })

  test('an outcome that comes after the close changes nothing', () => {
    const harness = new Harness()
    harness.receive(INIT)
    harness.receive(INIT)
    harness.machine.authenticated({ outcome: 'accepted', device: DEVICE })
    expect(harness.take()).toEqual([])
    expect(harness.closes).toHaveLength(1)
  })
})

describe('an operation before the acknowledgement closes with 4401', () => {
  test.each([
    ['before connection_init', []],
    ['while it is being checked', [INIT]],
  ])('%s', (_, before) => {
    const harness = new Harness()
    for (const message of before) harness.receive(message)
    harness.takeEffects()
    harness.subscribe('1', SEND, sendVariables('m1'))
    expect(harness.closes).toEqual([{ code: 4401, reason: 'Unauthorized' }])
    expect(harness.takeEffects()).toEqual([])
  })

  test('a complete before it is ignored', () => {
    const harness = new Harness()
    harness.complete('1')
    expect(harness.closes).toEqual([])
  })
})

describe('ping and pong', () => {
  test('a ping is answered at once in every state, with its payload', () => {
    const harness = new Harness()
    harness.receive({ type: 'ping', payload: { at: 1 } })
    harness.receive(INIT)
    harness.receive({ type: 'ping' })
    harness.machine.authenticated({ outcome: 'accepted', device: DEVICE })
    harness.receive({ type: 'ping', payload: null })
    expect(harness.take()).toEqual([
      { type: 'pong', payload: { at: 1 } },
      { type: 'pong' },
      { type: 'connection_ack' },
      { type: 'pong' },
    ])
  })

  test('a long payload is not echoed', () => {
    const harness = new Harness().connect()
    harness.receive({ type: 'ping', payload: { x: 'y'.repeat(1100) } })
    expect(harness.take()).toEqual([{ type: 'pong' }])
  })

  test('a pong nobody asked for is fine', () => {
    const harness = new Harness().connect()
    harness.receive({ type: 'pong', payload: { any: 'thing' } })
    expect(harness.take()).toEqual([])
    expect(harness.closes).toEqual([])
  })

  test('a silent client is pinged, and closed with 4481 when nothing comes', () => {
    const { idleMs, pongTimeoutMs } = DEFAULT_GRAPHQL_LIMITS
    const harness = new Harness().connect()
    harness.passMs(idleMs)
    expect(harness.take()).toEqual([{ type: 'ping' }])
    harness.passMs(pongTimeoutMs - 1000)
    expect(harness.closes).toEqual([])
    harness.passMs(1000)
    expect(harness.closes).toEqual([
      { code: 4481, reason: 'Silent: nothing came, not even a pong' },
    ])
    expect(harness.machine.deadline()).toBe(Infinity)
  })

  test.each([{ type: 'pong' }, { type: 'ping' }, { type: 'complete', id: 'x' }])(
    'anything is a sign of life: %j',
    (message) => {
      const { idleMs, pongTimeoutMs } = DEFAULT_GRAPHQL_LIMITS
      const harness = new Harness().connect()
      for (let round = 0; round < 5; round++) {
        harness.passMs(idleMs + pongTimeoutMs - 1000)
        harness.receive(message)
      }
      expect(harness.closes).toEqual([])
      expect(harness.take().filter(({ type }) => type === 'ping')).toHaveLength(5)
    },
  )

  test('a client that waits for an answer is not taken for dead: its socket may not be read', () => {
    const harness = new Harness().connect()
    harness.subscribe('1', SEND, sendVariables('m1'))
    harness.passMs(3_600_000)
    expect(harness.closes).toEqual([])
  })
})

describe('an invalid message closes with 4400 and says why', () => {
  test.each<[string | Uint8Array, string]>([
    ['', 'not a JSON object'],
    ['{', 'not a JSON object'],
    ['null', 'not a JSON object'],
    ['[]', 'not a JSON object'],
    ['"ping"', 'not a JSON object'],
    ['{"a":1}{"b":2}', 'not a JSON object'],
    [new TextEncoder().encode('{"type":"ping"}'), 'a binary message; send JSON as text'],
    ['{}', '"type" is missing, not a string'],
    ['{"type":null}', '"type" is null, not a string'],
    ['{"type":["ping"]}', '"type" is an array, not a string'],
    ['{"type":"__proto__"}', '"type" is none of connection_init, ping, pong, subscribe, complete'],
    ['{"type":"start"}', '"type" is none of connection_init, ping, pong, subscribe, complete'],
    ['{"type":"connection_ack"}', 'only the server sends "connection_ack"'],
    ['{"type":"next","id":"1","payload":{}}', 'only the server sends "next"'],
    ['{"type":"error","id":"1","payload":[]}', 'only the server sends "error"'],
    ['{"type":"connection_init","payload":"x"}', 'connection_init: "payload" is not an object'],
    ['{"type":"connection_init","payload":[]}', 'connection_init: "payload" is not an object'],
    ['{"type":"ping","payload":1}', 'ping: "payload" is not an object'],
    ['{"type":"pong","payload":[1]}', 'pong: "payload" is not an object'],
    ['{"type":"complete"}', '"id" is missing, not a string'],
    ['{"type":"complete","id":""}', '"id" is empty'],
    ['{"type":"subscribe","payload":{"query":"{me{device}}"}}', '"id" is missing, not a string'],
    ['{"type":"subscribe","id":1,"payload":{}}', '"id" is of type number, not a string'],
    [`{"type":"subscribe","id":"${'i'.repeat(129)}"}`, '"id" is over 128 characters'],
    ['{"type":"subscribe","id":"1"}', 'subscribe: "payload" is missing'],
    ['{"type":"subscribe","id":"1","payload":[]}', 'subscribe: "payload" is an array'],
    ['{"type":"subscribe","id":"1","payload":{}}', 'subscribe: "query" is missing'],
    [
      '{"type":"subscribe","id":"1","payload":{"query":{"$ne":1}}}',
      'subscribe: "query" is of type object',
    ],
    [
      '{"type":"subscribe","id":"1","payload":{"query":"","operationName":1}}',
      'subscribe: "operationName" is not a string',
    ],
    [
      '{"type":"subscribe","id":"1","payload":{"query":"","variables":[]}}',
      'subscribe: "variables" is not an object',
    ],
    [
      '{"type":"subscribe","id":"1","payload":{"query":"","extensions":"x"}}',
      'subscribe: "extensions" is not an object',
    ],
  ])('%j', (frame, what) => {
    for (const harness of [new Harness(), new Harness().connect()]) {
      harness.machine.receive(frame, harness.now)
      expect(harness.closes).toEqual([{ code: 4400, reason: `Invalid message: ${what}` }])
      expect(harness.take()).toEqual([])
    }
  })

  test('a hundred thousand brackets deep', () => {
    const harness = new Harness().connect()
    harness.receive(`{"type":"ping","payload":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`)
    expect(harness.take()).toEqual([{ type: 'pong' }])
    harness.receive('['.repeat(100_000))
    expect(harness.closes).toEqual([{ code: 4400, reason: 'Invalid message: not a JSON object' }])
  })
})

describe('goodbye', () => {
  test.each(Object.keys(GOODBYES) as GoodbyeReason[])('%s closes as the table says', (reason) => {
    const { code, reason: text } = GOODBYES[reason]
    for (const harness of [new Harness(), new Harness().connect()]) {
      harness.machine.goodbye(reason)
      expect(harness.closes).toEqual([{ code, reason: text }])
    }
  })

  test('does not complete operations, so that clients take them up again', () => {
    const harness = new Harness().connect()
    harness.subscribe('1', INBOX)
    harness.machine.goodbye('going-away')
    expect(harness.take()).toEqual([])
  })

  test('after a close of our own changes nothing', () => {
    const harness = new Harness()
    harness.receive('')
    harness.machine.goodbye('going-away')
    expect(harness.closes).toHaveLength(1)
  })
})

test('nothing is read or told after the close', () => {
  const harness = new Harness().connect()
  harness.subscribe('s', SEND, sendVariables('m1'))
  harness.subscribe('i', INBOX)
  harness.receive('oops')
  harness.take()
  harness.takeEffects()
  harness.subscribe('2', SEND, sendVariables('m2'))
  harness.receive({ type: 'ping' })
  harness.deliver(1)
  harness.machine.answered(1, { error: 0, missing: [], extra: [], retryAfterMs: 0 })
  harness.machine.expire(harness.now + 1e9)
  expect(harness.take()).toEqual([])
  expect(harness.takeEffects()).toEqual([])
  expect(harness.closes).toHaveLength(1)
})

test('a fault of our own closes with 4500 and stays with the socket', () => {
  const harness = new Harness().connect()
  harness.machine.deliver(undefined as never)
  expect(harness.closes).toEqual([])
  harness.subscribe('1', INBOX)
  harness.machine.deliver(undefined as never)
  expect(harness.closes).toEqual([{ code: 4500, reason: 'Internal server error' }])
})
