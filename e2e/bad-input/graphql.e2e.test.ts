/** What no honest GraphQL client sends, on live sockets: each gets its close code or error. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  operation,
  sendOperation,
  sendVariables,
  type Message,
} from '../promises/support/graphql.ts'
import { deviceOf, lettersFor, Party } from '../promises/support/party.ts'
import { ask, initMessage, openGraphql, provoke } from '../promises/support/probe.ts'
import type { SeededDevice, SeededPerson } from '../promises/support/seed.ts'
import { Socket } from '../promises/support/socket.ts'
import { HealthyPair } from './support/healthy.ts'

let party: Party
let pair: HealthyPair
let mallory: SeededDevice
let victim: SeededPerson

beforeAll(async () => {
  party = await Party.begin([1, 1, 1])
  pair = await HealthyPair.begin(party, 'instagram')
  mallory = deviceOf(party.person('instagram', 2))
  victim = party.person('instagram', 1)
}, 30_000)
afterAll(() => party.end())

const fresh = (): Promise<Socket> => Socket.open(party.relay.urls.instagram, 'graphql-transport-ws')
const acknowledged = (): Promise<Socket> => openGraphql(party.relay.urls, mallory)

const ME = operation('1', '{ me { device } }')
const init = (payload: unknown): string => JSON.stringify({ type: 'connection_init', payload })

const closeOf = async (socket: Socket, ...frames: readonly (string | Uint8Array)[]) => {
  const { code, reason } = await provoke(socket, ...frames)
  return [code, reason.replace(/:.*/s, ': …')]
}

describe('before the acknowledgement', () => {
  test.each([
    ['an operation', [ME], 4401, 'Unauthorized'],
    ['an operation behind the init', [() => initMessage(mallory), ME], 4401, 'Unauthorized'],
    [
      'a second init',
      [() => initMessage(mallory), () => initMessage(mallory)],
      4429,
      'Too many initialisation requests',
    ],
    ['credentials of nobody', [init(undefined)], 4403, 'Forbidden'],
    [
      'a wrong token',
      [init({ address: 'instagram:person.1', token: 'isth_x' })],
      4403,
      'Forbidden',
    ],
    [
      'an operator as token',
      [init({ address: 'instagram:a', token: { $ne: 1 } })],
      4403,
      'Forbidden',
    ],
    ['an operator as address', [init({ address: { $ne: 1 }, token: 'isth_x' })], 4403, 'Forbidden'],
    ['a subject as address', [init({ address: 'instagram:a.*.>', token: 'x' })], 4403, 'Forbidden'],
    ['another network', [init({ address: 'messenger:a.b', token: 'isth_x' })], 4403, 'Forbidden'],
    ['a prototype', ['{"type":"connection_init","payload":{"__proto__":{}}}'], 4403, 'Forbidden'],
  ])('%s closes', async (_, frames, code, reason) => {
    const said = frames.map((frame) => (typeof frame === 'string' ? frame : frame()))
    expect(await closeOf(await fresh(), ...said)).toEqual([code, reason])
  })
})

const NO_MESSAGES: readonly (readonly [string, string | Uint8Array])[] = [
  ['half of JSON', '{"type":'],
  ['nothing', ''],
  ['a number', '1'],
  ['null', 'null'],
  ['a list', '[]'],
  ['no type', '{}'],
  ['an unknown type', '{"type":"start","id":"1","payload":{"query":"{ me { device } }"}}'],
  ['a type out of the prototype', '{"type":"constructor"}'],
  ['an operator as type', '{"type":{"$ne":1}}'],
  ['depth of 100,000', '['.repeat(100_000)],
  ['a message of the server', '{"type":"connection_ack"}'],
  ['a binary message', Buffer.from(ME)],
]

describe('what is no message of the protocol closes with 4400', () => {
  test.each(NO_MESSAGES)('%s, at the beginning', async (_, frame) => {
    expect(await closeOf(await fresh(), frame)).toEqual([4400, 'Invalid message: …'])
  })

  test.each([
    ...NO_MESSAGES,
    ['a subscribe without an id', '{"type":"subscribe","payload":{"query":"{ me { device } }"}}'],
    ['a subscribe without a payload', '{"type":"subscribe","id":"1"}'],
    ['an operator as query', '{"type":"subscribe","id":"1","payload":{"query":{"$ne":1}}}'],
    [
      'an operator as id',
      '{"type":"subscribe","id":{"$ne":1},"payload":{"query":"{ me { device } }"}}',
    ],
    ['an id of 129 characters', operation('x'.repeat(129), '{ me { device } }')],
  ] as const)('%s, later', async (_, frame) => {
    expect(await closeOf(await acknowledged(), frame)).toEqual([4400, 'Invalid message: …'])
  })
})

describe('on an acknowledged socket', () => {
  test('a second init', async () => {
    const again = initMessage(mallory)
    expect((await provoke(await acknowledged(), again)).code).toBe(4429)
  })

  test('an id that is in use', async () => {
    const inbox = operation('same', 'subscription { inbox { sequence } }')
    expect(await closeOf(await acknowledged(), inbox, inbox)).toEqual([
      4409,
      'Subscriber for same already exists',
    ])
  })

  test('a message of 2 MB', async () => {
    const big = operation('1', 'x'.repeat(2_000_000))
    expect((await provoke(await acknowledged(), big)).code).toBe(1009)
  })

  test('a second subscription is refused, and the first goes on', async () => {
    const socket = await acknowledged()
    socket.send(operation('a', 'subscription { inbox { sequence } }'))
    const second = operation('b', 'subscription { inbox { sequence } }')
    expect(JSON.parse(await ask(socket, second))).toMatchObject({
      ...{ id: 'b', type: 'error' },
      payload: [{ extensions: { code: 'MALFORMED' } }],
    })
    socket.drop()
  })
})

/** The code of the error with which an operation is refused before anything of it is done. */
const refusal = async (frame: string): Promise<string | undefined> => {
  const socket = await acknowledged()
  const { type, payload } = JSON.parse(await ask(socket, frame)) as Message
  socket.drop()
  expect(type).toBe('error')
  return (payload as unknown as { extensions: { code: string } }[])[0]?.extensions.code
}

const aliases = (count: number): string =>
  `{ ${Array.from({ length: count }, (_, n) => `a${n}: me { device }`).join(' ')} }`
const introspection = (depth: number): string =>
  `{ __schema { types { ${'fields { type { '.repeat(depth)} name ${'} }'.repeat(depth)} } } }`

describe('an operation is refused as TOO_LARGE', () => {
  test.each([
    ['for its characters', `{ me { device } } # ${'x'.repeat(10_000)}`],
    ['of 100,000 tokens', `{ ${'me '.repeat(100_000)} }`],
    ['of 2,000 tokens', `{ me { ${'id '.repeat(2000)} } }`],
    ['for its aliases', aliases(40)],
    ['for its selections', `{ me { ${'device '.repeat(400)} } }`],
    ['for its depth', introspection(20)],
    ['for its braces', '{ a '.repeat(600)],
    ['for its directives', `{ me { device ${'@skip(if: false) '.repeat(40)} } }`],
    ['for directives of nobody', `{ me { device ${'@a '.repeat(400)} } }`],
    [
      'for a circle of fragments',
      '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
    ],
    ['for a fragment of itself', '{ ...A } fragment A on Query { ...A }'],
    [
      'for a bomb of fragments',
      `{ ...F0 } ${Array.from(
        { length: 12 },
        (_, n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} ...F${n + 1} }`,
      ).join(' ')} fragment F12 on Query { me { device } }`,
    ],
  ])('%s', async (_, query) => {
    expect(await refusal(operation('1', query))).toBe('TOO_LARGE')
  })
})

const SEND =
  'mutation ($to: Address!, $id: ID!, $letters: [LetterInput!]!) { send(to: $to, id: $id, letters: $letters) { id } }'

describe('an operation is refused as MALFORMED', () => {
  test.each([
    ['that does not parse', '{'],
    ['that is empty', ''],
    ['of an unknown field', '{ password }'],
    ['of a field out of the prototype', '{ __proto__ { constructor } }'],
    ['of an unknown fragment', '{ ...Nobody }'],
    ['with two inboxes', 'subscription { a: inbox { sequence } b: inbox { sequence } }'],
    ['with two operations and no name', 'query A { me { device } } query B { me { device } }'],
  ])('%s', async (_, query) => {
    expect(await refusal(operation('1', query))).toBe('MALFORMED')
  })

  const good = (): Record<string, unknown> => ({
    ...sendVariables(victim, 'm', lettersFor(victim)),
  })
  test.each([
    ['an operator as recipient', { to: { $ne: 1 } }],
    ['an operator as id', { id: { $gt: '' } }],
    ['an operator as letters', { letters: { $ne: 1 } }],
    ['an operator as device', { letters: [{ device: { $ne: 1 }, sealed: 'AAAA' }] }],
    [
      'a prototype as letter',
      { letters: [JSON.parse('{"__proto__":{"device":"a","sealed":""}}')] },
    ],
    ['a constructor in a letter', { letters: [{ device: 'a', sealed: '', constructor: 1 }] }],
  ])('with %s', async (_, wrong) => {
    expect(await refusal(operation('1', SEND, { ...good(), ...wrong }))).toBe('MALFORMED')
  })

  test('variables under prototype keys are nobody’s', async () => {
    const socket = await acknowledged()
    const frame = `{"id":"1","type":"subscribe","payload":{"query":"{ me { device } }","variables":{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}}}`
    const { payload } = JSON.parse(await ask(socket, frame)) as Message
    expect(payload?.data).toEqual({ me: { device: mallory.id } })
    socket.drop()
  })
})

describe('a send is refused', () => {
  const refused = async (frame: string): Promise<string | undefined> => {
    const socket = await acknowledged()
    const { type, payload } = JSON.parse(await ask(socket, frame)) as Message
    socket.drop()
    expect(type).toBe('next')
    return payload?.errors?.[0]?.extensions?.code
  }

  test.each([
    ['of no network', 'myspace:ada'],
    ['that could be a subject', 'instagram:a.*.>'],
    ['with a blank', 'instagram:a b'],
    ['with CRLF', 'instagram:a\r\nPUB x'],
    ['with NUL', 'instagram:a\0'],
    ['that is a key of the prototype', '__proto__'],
    ['that is nothing', ''],
  ])('for a recipient %s', async (_, to) => {
    const variables = { ...sendVariables(victim, 'm', lettersFor(victim)), to }
    expect(await refused(operation('1', SEND, variables))).toBe('MALFORMED')
  })

  test('for what is not base64', async () => {
    const letters = [{ device: 'a', sealed: '***' }]
    const variables = { ...sendVariables(victim, 'm', []), letters }
    expect(await refused(operation('1', SEND, variables))).toBe('MALFORMED')
  })

  test('with letters to devices of others, that are not sealed, or under a long id', async () => {
    const others = lettersFor(party.person('instagram', 0))
    expect(await refused(sendOperation('1', victim, 'm', others))).toBe('STALE_DEVICES')
    const short = lettersFor(victim, 10)
    expect(await refused(sendOperation('1', victim, 'm', short))).toBe('NOT_SEALED')
    const id = 'x'.repeat(65)
    expect(await refused(sendOperation('1', victim, id, lettersFor(victim)))).toBe('TOO_LARGE')
    const nobody = { network: 'instagram', handle: 'constructor' } as const
    const code = await refused(sendOperation('1', nobody, 'm', lettersFor(victim)))
    expect(code).toBe('UNKNOWN_RECIPIENT')
  })
})

test('a flood of ever new documents is refused as RATE_LIMITED, on its own socket alone', async () => {
  const socket = await acknowledged()
  const codes = new Map<string, number>()
  const done = Promise.withResolvers<void>()
  socket.listen((frame) => {
    const { type, payload } = JSON.parse(frame.toString()) as Message
    if (type !== 'error') return
    const code =
      (payload as unknown as { extensions: { code: string } }[])[0]?.extensions.code ?? ''
    codes.set(code, (codes.get(code) ?? 0) + 1)
    if (code === 'RATE_LIMITED') done.resolve()
  })
  for (let n = 0; n < 2000; n++) socket.send(operation(`q${n}`, `{ me { device } } # ${n}`))
  await Promise.race([done.promise, socket.closed])
  expect([...codes.keys()]).toEqual(['RATE_LIMITED'])
  socket.drop()
})

test('the healthy got all of their letters, in order, once', async () => {
  const { written, read, prompt } = await pair.end()
  expect(written.length).toBeGreaterThan(20)
  expect(read).toEqual(written)
  expect(prompt).toBe(true)
}, 30_000)
