/** What no honest MQTT client sends, on live sockets: each gets its reason code and close. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { envelope } from '../promises/support/letters.ts'
import { hex } from '../promises/support/mqtt.ts'
import {
  connect,
  packet,
  PacketReader,
  puback,
  publish,
  subscribe,
  text,
  uint16,
  variableLength,
  type ConnectFields,
  type Version,
} from '../promises/support/mqtt-packets.ts'
import { deviceOf, lettersFor, Party } from '../promises/support/party.ts'
import { askMqtt, mqttFields, openMqtt, provoke, type Ending } from '../promises/support/probe.ts'
import { Socket } from '../promises/support/socket.ts'
import type { SeededDevice } from '../promises/support/seed.ts'
import { HealthyPair } from './support/healthy.ts'

const PINGREQ = Buffer.from([0xc0, 0])
const BIG = 256 * 1024 * 1024 - 1

let party: Party
let pair: HealthyPair
let mallory: SeededDevice
let other: SeededDevice

beforeAll(async () => {
  party = await Party.begin([1, 1, 1, 1])
  pair = await HealthyPair.begin(party, 'messenger')
  mallory = deviceOf(party.person('messenger', 2))
  other = deviceOf(party.person('messenger', 3))
}, 30_000)
afterAll(() => party.end())

const fresh = (): Promise<Socket> => Socket.open(party.relay.urls.messenger, 'mqtt')

const loggedIn = async (version: Version, who = mallory): Promise<Socket> =>
  (await openMqtt(party.relay.urls, mqttFields(who, version))).socket

/** The last words: the DISCONNECT's reason code, if any, and the close code. */
const last = ({ said, code }: Ending): readonly [string, number] => [said, code]

const connackOf = ({ frames }: Ending): string => {
  const [connack] = new PacketReader().push(Buffer.from(frames.join(''), 'latin1'))
  return connack?.type === 2 ? hex(connack.body[1] ?? 0) : 'none'
}

const toHealthy = 'to/messenger/person.1'
const properties = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts)
const userProperty = (key: string, value: string): Buffer =>
  Buffer.concat([Buffer.of(0x26), text(key), text(value)])

describe('before CONNECT is accepted', () => {
  test.each([
    ['another packet', PINGREQ, 1002],
    ['a PUBLISH', publish({ version: 4, topic: toHealthy, packetId: 1, payload: uint16(0) }), 1002],
    ['a remaining length of five bytes', Buffer.of(0x10, 0xff, 0xff, 0xff, 0xff, 1), 1002],
    ['a remaining length of 256 MB', Buffer.concat([Buffer.of(0x10), variableLength(BIG)]), 1009],
    ['a CONNECT of 20 KB', packet(0x10, Buffer.alloc(20_000)), 1009],
    ['a CONNECT whose strings lie', packet(0x10, Buffer.from('0004', 'hex')), 1002],
    ['bytes that are nothing', Buffer.alloc(64), 1002],
  ])('%s closes', async (_, bytes, code) => {
    const ending = await provoke(await fresh(), bytes)
    expect([connackOf(ending), ending.code]).toEqual(['none', code])
  })

  const will = (topic: string, flags = 0, expiry?: Uint8Array): Partial<ConnectFields> => ({
    will: { topic, flags, ...(expiry && { properties: expiry }) },
  })
  const victim = 'inbox/messenger/person.1'
  // Will Delay Interval: 4,294,967,295 s.
  const delay = Buffer.of(0x18, 255, 255, 255, 255)
  test.each([
    ["a will to another's inbox", will(victim), '0x87', '0x05', 1008],
    ['a retained will', will(victim, 0x20), '0x9a', '0x05', 1008],
    ['a will with QoS 2', will(victim, 0x10), '0x9b', '0x05', 1008],
    ['a wrong token', { password: 'isth_wrong' }, '0x86', '0x04', 1008],
    ["another's handle", { userName: 'person.1' }, '0x86', '0x04', 1008],
    ['an operator as handle', { userName: '{"$ne":1}' }, '0x86', '0x04', 1008],
    ['a subject as handle', { userName: 'a.*.>' }, '0x86', '0x04', 1008],
    ['CRLF in the handle', { userName: 'ada\r\nPUB x' }, '0x86', '0x04', 1008],
    ['a client identifier of 129', { clientId: 'x'.repeat(129) }, '0x85', '0x02', 1008],
    ['NUL in the client identifier', { clientId: 'a\0b' }, '0x81', 'none', 1002],
  ])('%s is refused', async (_, fields, five, four, code) => {
    const refusal = async (version: Version): Promise<readonly [string, number]> => {
      const ending = await provoke(await fresh(), connect(mqttFields(mallory, version, fields)))
      return [connackOf(ending), ending.code]
    }
    expect(await refusal(5)).toEqual([five, code])
    expect(await refusal(4)).toEqual([four, code])
  })

  test.each([
    ['a will delay beyond the session', { ...will(victim, 0, delay) }, '0x87', 1008],
    ['64 KB of user properties', { properties: userProperty('k', 'v'.repeat(9000)) }, '0x97', 1008],
    ['a property twice', { properties: Buffer.of(0x21, 0, 9, 0x21, 0, 9) }, '0x82', 1002],
    ['a Receive Maximum of 0', { properties: Buffer.of(0x21, 0, 0) }, '0x82', 1002],
    [
      'another authentication method',
      { properties: properties(Buffer.of(0x15), text('X')) },
      '0x8c',
      1008,
    ],
  ])('%s is refused in MQTT 5', async (_, fields, reason, code) => {
    const ending = await provoke(await fresh(), connect(mqttFields(mallory, 5, fields)))
    expect([connackOf(ending), ending.code]).toEqual([reason, code])
  })
})

const published = (given: Partial<Parameters<typeof publish>[0]>) => (version: Version) =>
  publish({ version, topic: toHealthy, packetId: 1, payload: Buffer.alloc(3), ...given })

describe('after CONNECT', () => {
  test.each([
    ['a second CONNECT', (v: Version) => connect(mqttFields(mallory, v)), '0x82', 1002],
    ['a length of five bytes', () => Buffer.of(0x32, 255, 255, 255, 255, 1), '0x81', 1002],
    [
      'a PUBLISH of 256 MB',
      () => Buffer.concat([Buffer.of(0x32), variableLength(BIG)]),
      '0x95',
      1009,
    ],
    ['a SUBSCRIBE of 20 KB', () => packet(0x82, Buffer.alloc(20_000)), '0x95', 1009],
    ['a PUBLISH whose topic lies', () => packet(0x32, uint16(60_000), uint16(1)), '0x81', 1002],
    ['a topic of no length', published({ topic: '' }), '0x82', 1002],
    ['a wildcard in a topic', published({ topic: 'to/#' }), '0x90', 1002],
    ['NUL in a topic', published({ topic: 'to/messenger/a\0b' }), '0x81', 1002],
    ['a topic that is not UTF-8', published({ topic: Buffer.of(0xc3, 0x28) }), '0x81', 1002],
    ['the identifier 0', published({ packetId: 0 }), '0x82', 1002],
    ['QoS 0', published({ flags: 0 }), '0x83', 1008],
    ['QoS 2', published({ flags: 4 }), '0x9b', 1008],
    ['QoS 3', published({ flags: 6 }), '0x81', 1002],
    ['RETAIN', published({ flags: 3 }), '0x9a', 1008],
    ['a packet of the server', () => Buffer.of(0x20, 2, 0, 0), '0x82', 1002],
    ['the reserved type', () => Buffer.of(0x00, 0), '0x81', 1002],
    ['a text message', () => 'hello', '0x82', 1003],
    ['an empty filter', (v: Version) => subscribe(v, 1, ['']), '0x8f', 1002],
  ])('%s', async (_, bad, reason, code) => {
    expect(last(await provoke(await loggedIn(5), bad(5)))).toEqual([reason, code])
    expect(last(await provoke(await loggedIn(4), bad(4)))).toEqual(['', code])
  })

  test.each([
    ['a topic alias', Buffer.of(0x23, 0, 1), '0x94', 1002],
    ['a topic alias of 0', Buffer.of(0x23, 0, 0), '0x94', 1002],
    ['64 KB of user properties', userProperty('k', 'v'.repeat(65_000)), '0x97', 1008],
    ['an unknown property', Buffer.of(0x7f, 0), '0x81', 1002],
  ])('%s in MQTT 5', async (_, props, reason, code) => {
    const bad = published({ properties: props })(5)
    expect(last(await provoke(await loggedIn(5), bad))).toEqual([reason, code])
  })

  test('subscriptions to what is not one’s own are refused one by one', async () => {
    const refused = [
      ['inbox/messenger/person.1', 0x87],
      ['answers/messenger/person.1', 0x87],
      ['$SYS/broker', 0x87],
      ['to/messenger/person.2', 0x87],
      ['#', 0xa2],
      ['+/messenger/person.1', 0xa2],
      ['$SYS/#', 0xa2],
      ['a/#/b', 0x8f],
      ['$share/group/inbox/messenger/person.1', 0x9e],
    ] as const
    const filters = refused.map(([filter]) => filter)
    const five = await loggedIn(5)
    const [suback] = await askMqtt(five, subscribe(5, 7, filters))
    expect(suback?.type).toBe(9)
    expect([...(suback?.body.subarray(3) ?? [])]).toEqual(refused.map(([, code]) => code))
    five.drop()
    const four = await loggedIn(4)
    const [answer] = await askMqtt(four, subscribe(4, 7, filters))
    expect([...(answer?.body.subarray(2) ?? [])]).toEqual(refused.map(() => 0x80))
    four.drop()
  })

  test('a PUBACK for nothing, and a PUBREL without a PUBLISH, harm nobody', async () => {
    const socket = await loggedIn(5)
    const stray = [1, 77, 65_535].map((id) => puback(id))
    const [pong] = await askMqtt(socket, ...stray, PINGREQ)
    expect(pong?.type).toBe(13)
    const [pubcomp] = await askMqtt(socket, packet(0x62, uint16(9)))
    expect([pubcomp?.type, pubcomp?.body[2]]).toEqual([7, 0x92])
    socket.drop()
  })

  test('equal client identifiers of two accounts do not meet', async () => {
    const [mine, theirs] = [await loggedIn(5, mallory), await loggedIn(5, other)]
    for (const socket of [mine, theirs]) {
      expect((await askMqtt(socket, PINGREQ))[0]?.type).toBe(13)
      socket.drop()
    }
  })
})

describe('a PUBLISH that is refused', () => {
  const refusal = async (topic: string, payload: Uint8Array): Promise<string> => {
    const socket = await loggedIn(5)
    const [puback] = await askMqtt(socket, publish({ version: 5, topic, packetId: 5, payload }))
    socket.drop()
    return `${puback?.type} ${hex(puback?.body[2] ?? 0)}`
  }
  const sealed = (): Uint8Array => envelope('m1', lettersFor(party.person('messenger', 1)))

  test.each([
    ...['$SYS/broker', 'inbox/messenger/person.1', 'answers/messenger/person.1', 'a', '/'].map(
      (topic) => [topic, '0x87'] as const,
    ),
    // These may be read as people's addresses, and there is nobody at them.
    ...[
      ...['to/myspace/ada', 'to/messenger/person.1/x', 'to/messenger/a.*.>', 'to/messenger/$ne'],
      ...['to/messenger/a b', 'to/messenger/a\r\nPUB', 'to/messenger/__proto__'],
      ...['to/__proto__/ada', 'to/instagram/ADA', 'to/messenger/{"$ne":1}'],
    ].map((topic) => [topic, '0x90'] as const),
  ])('for its topic %j: %s', async (topic, code) => {
    expect(await refusal(topic, sealed())).toBe(`4 ${code}`)
  })

  const field = (number: number, type: number): Buffer => variableLength((number << 3) | type)
  const nested = (depth: number): Buffer =>
    Buffer.concat([Buffer.alloc(depth, 0x1b), Buffer.alloc(depth, 0x1c)])
  test.each([
    ['no payload', Buffer.alloc(0)],
    ['a varint over ten bytes', Buffer.concat([Buffer.of(0x18), Buffer.alloc(11, 0xff)])],
    ['a length past the end', Buffer.concat([field(2, 2), Buffer.of(0xff, 0xff, 3)])],
    ['groups 10,000 deep', nested(10_000)],
    ['a group that never ends', Buffer.alloc(50_000, 0x1b)],
    ['a field of number 0', Buffer.of(2, 0)],
    [
      'a flood of unknown fields',
      Buffer.concat(Array(50_000).fill(Buffer.of(0x78, 1)) as Buffer[]),
    ],
    ['noise', randomBytes(4096)],
    ['JSON', Buffer.from('{"__proto__":{"id":"m1"}}')],
  ])('for its payload, %s: 0x99', async (_, payload) => {
    expect(await refusal(toHealthy, payload)).toBe('4 0x99')
  })

  test('and letters to devices of others are stale, those that are not sealed are refused', async () => {
    const strangers = lettersFor(party.person('messenger', 3))
    expect(await refusal(toHealthy, envelope('m1', strangers))).toBe('4 0x83')
    const short = lettersFor(party.person('messenger', 1), 10)
    expect(await refusal(toHealthy, envelope('m2', short))).toBe('4 0x99')
  })
})

test('65,535 identifiers in flight: every one is answered', async () => {
  const socket = await loggedIn(5)
  const reader = new PacketReader()
  let answered = 0
  let disconnect = ''
  const ended = socket.closed.then(({ code }) => code)
  const all = Promise.withResolvers<void>()
  socket.listen((bytes) => {
    for (const { type, body } of reader.push(bytes)) {
      if (type === 4) answered += 1
      else if (type === 14) disconnect = hex(body[0] ?? 0)
    }
    if (answered === 65_535) all.resolve()
  })
  const letters = lettersFor(party.person('messenger', 3), 64)
  for (let id = 1; id <= 65_535; id++) {
    const payload = envelope(`flood-${id}`, letters)
    socket.send(publish({ version: 5, topic: 'to/messenger/person.3', packetId: id, payload }))
  }
  const code = await Promise.race([ended, all.promise])
  // The gateway reads no faster than it answers, so that nothing piles up on its side.
  expect([code, disconnect, answered]).toEqual([undefined, '', 65_535])
  socket.drop()
}, 15_000)

test('the healthy got all of their letters, in order, once', async () => {
  const { written, read, prompt } = await pair.end()
  expect(written.length).toBeGreaterThan(20)
  expect(read).toEqual(written)
  expect(prompt).toBe(true)
}, 30_000)
