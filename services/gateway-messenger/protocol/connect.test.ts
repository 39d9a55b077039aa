import { describe, expect, test } from '@jest/globals'
import type { IConnectPacket } from 'mqtt-packet'
import { Client, DEVICE, NONCE, TOKEN, type Version } from '../testing/client.ts'

const VERSIONS = [4, 5] as const

/** The code of the CONNACK, and the close code; no CONNACK: undefined. */
const refusal = (client: Client): { code: number | undefined; close: number | undefined } => {
  const [packet] = client.take()
  const code = packet?.cmd === 'connack' ? (packet.reasonCode ?? packet.returnCode) : undefined
  return { code, close: client.closed?.code }
}

const refused = (version: Version, fields: Partial<IConnectPacket>): ReturnType<typeof refusal> =>
  refusal(new Client({ version }).connect(fields))

describe.each(VERSIONS)('CONNECT, protocol level %i', (version) => {
  test('asks the directory, and answers when it has spoken', () => {
    const client = new Client({ version }).connect()
    expect(client.recorder.logins).toEqual([
      { address: { network: 'messenger', handle: 'ada.lovelace' }, token: TOKEN },
    ])
    expect(client.take()).toEqual([])
    client.machine.authenticated({ outcome: 'accepted', device: DEVICE })
    const [connack] = client.take()
    expect(connack).toMatchObject({ cmd: 'connack', sessionPresent: false })
    expect(client.closed).toBeUndefined()
  })

  test('a wrong token, a revoked one and a name that nobody can have get one answer', () => {
    const expected = { code: version === 5 ? 0x86 : 4, close: 1008 }
    const wrong = new Client({ version }).connect()
    wrong.machine.authenticated({ outcome: 'refused' })
    expect(refusal(wrong)).toEqual(expected)
    expect(refused(version, { username: 'Not A Handle' })).toEqual(expected)
    expect(refused(version, { password: Buffer.alloc(129, 0x41) })).toEqual(expected)
    expect(refusal(new Client({ version }).raw(connectBytes(version, { flags: 0x02 })))).toEqual(
      expected,
    )
  })

  test('the directory is away: try again later', () => {
    const client = new Client({ version }).connect()
    client.machine.authenticated({ outcome: 'unavailable' })
    expect(refusal(client)).toEqual({ code: version === 5 ? 0x88 : 3, close: 1013 })
  })

  test('a packet before CONNECT closes without a word [MQTT-3.1.0-1]', () => {
    const client = new Client({ version }).raw([0xc0, 0x00])
    expect(client.recorder.frames).toEqual([])
    expect(client.closed?.code).toBe(1002)
  })

  test('a second CONNECT is a protocol error [MQTT-3.1.0-2]', () => {
    const client = new Client({ version })
    client.login()
    client.connect()
    expect(client.disconnectCode()).toBe(version === 5 ? 0x82 : undefined)
    expect(client.closed?.code).toBe(1002)
    expect(client.recorder.logins).toHaveLength(1)
  })

  test('wills are refused before anybody is asked', () => {
    const will = { topic: 'inbox/messenger/grace.hopper', payload: Buffer.from('gone') }
    const code = (v5: number): number => (version === 5 ? v5 : 5)
    expect(refused(version, { will })).toEqual({ code: code(0x87), close: 1008 })
    expect(refused(version, { will: { ...will, qos: 2 } })).toEqual({
      code: code(0x9b),
      close: 1008,
    })
    expect(refused(version, { will: { ...will, retain: true } })).toEqual({
      code: code(0x9a),
      close: 1008,
    })
    const client = new Client({ version }).connect({ will })
    expect(client.recorder.logins).toEqual([])
  })

  test('a client identifier of up to 128 characters', () => {
    const long = new Client({ version })
    long.login({ clientId: 'x'.repeat(128) })
    expect(long.closed).toBeUndefined()
    expect(refused(version, { clientId: 'x'.repeat(129) })).toEqual({
      code: version === 5 ? 0x85 : 2,
      close: 1008,
    })
  })

  test('the reserved flag, Will QoS 3 and will flags without a will [MQTT-3.1.2-3, -11, -13]', () => {
    const expected = { code: version === 5 ? 0x81 : undefined, close: 1002 }
    const will = Buffer.from([...(version === 5 ? [0] : []), 0, 1, 0x78, 0, 0])
    const willQos3 = { flags: 0xde, will }
    expect(refusal(new Client({ version }).raw(connectBytes(version, willQos3)))).toEqual(expected)
    for (const flags of [0xc3, 0xca, 0xe2]) {
      expect(refusal(new Client({ version }).raw(connectBytes(version, { flags })))).toEqual(
        expected,
      )
    }
  })

  test('fields that run past the end, and bytes behind the last field', () => {
    const expected = { code: version === 5 ? 0x81 : undefined, close: 1002 }
    const whole = connectBytes(version, { flags: 0xc2 })
    expect(refusal(new Client({ version }).raw(resize(whole, whole.length - 1)))).toEqual(expected)
    expect(refusal(new Client({ version }).raw(resize(whole, whole.length + 1)))).toEqual(expected)
  })

  test('ill-formed UTF-8 and U+0000 in a string [MQTT-1.5.3-1, -2]', () => {
    const expected = { code: version === 5 ? 0x81 : undefined, close: 1002 }
    for (const bytes of [
      [0xc3, 0x28],
      [0xed, 0xa0, 0x80],
      [0x61, 0x00],
    ]) {
      const clientId = Buffer.from(bytes)
      expect(
        refusal(new Client({ version }).raw(connectBytes(version, { flags: 0xc2, clientId }))),
      ).toEqual(expected)
    }
  })

  test('what came with the CONNECT waits for its answer [MQTT-3.1.4-5]', () => {
    const ping = Buffer.from([0xc0, 0x00])
    const connect = connectBytes(version, { flags: 0xc2 })
    const accepted = new Client({ version }).raw(Buffer.concat([connect, ping]))
    accepted.raw(ping)
    expect(accepted.take()).toEqual([])
    accepted.machine.authenticated({ outcome: 'accepted', device: DEVICE })
    expect(accepted.take().map(({ cmd }) => cmd)).toEqual(['connack', 'pingresp', 'pingresp'])
    const refused = new Client({ version }).raw(Buffer.concat([connect, ping]))
    refused.machine.authenticated({ outcome: 'refused' })
    expect(refused.take().map(({ cmd }) => cmd)).toEqual(['connack'])
  })

  test('what waits for the CONNACK is bounded', () => {
    const client = new Client({ version, limits: { maxEarlyBytes: 1_000 } }).connect()
    client.raw(new Uint8Array(1_000))
    expect(client.closed).toBeUndefined()
    client.raw(new Uint8Array(1))
    expect(client.closed?.code).toBe(1009)
  })

  test('a CONNECT over its size is refused from its header', () => {
    const client = new Client({ version }).raw([0x10, 0x80, 0x80, 0x80, 0x7f])
    expect(client.closed?.code).toBe(1009)
  })
})

describe('protocol name and level [MQTT-3.1.2-1, -2]', () => {
  test.each([
    ['MQIsdp', 3, [0x20, 2, 0, 1]],
    ['MQTT', 3, [0x20, 2, 0, 1]],
    ['mqtt', 4, [0x20, 2, 0, 1]],
    ['MQTT', 0x84, [0x20, 2, 0, 1]],
  ])('%s, level %i: return code 1', (name, level, expected) => {
    const client = new Client().raw(connectBytes(4, { flags: 0xc2, name, level }))
    expect([...client.recorder.frames[0]!]).toEqual(expected)
    expect(client.closed?.code).toBe(1002)
  })

  test.each([
    ['MQTT', 6],
    ['Mqtt', 5],
  ])('%s, level %i: reason code 0x84', (name, level) => {
    const client = new Client({ version: 5 }).raw(connectBytes(5, { flags: 0xc2, name, level }))
    expect(refusal(client)).toEqual({ code: 0x84, close: 1002 })
  })
})

describe('CONNECT of MQTT 3.1.1', () => {
  test('an empty client identifier needs clean session [MQTT-3.1.3-8]', () => {
    const kept = connectBytes(4, { flags: 0xc0, clientId: Buffer.alloc(0) })
    expect(refusal(new Client().raw(kept))).toEqual({ code: 2, close: 1008 })
    const client = new Client()
    expect(client.login({ clientId: '' })).toMatchObject({ returnCode: 0 })
  })

  test('a password needs a user name [MQTT-3.1.2-22]', () => {
    const client = new Client().raw(connectBytes(4, { flags: 0x42 }))
    expect(refusal(client)).toEqual({ code: undefined, close: 1002 })
  })
})

describe('CONNECT of MQTT 5', () => {
  const connack = (fields: Partial<IConnectPacket> = {}): Record<string, unknown> => {
    const packet = new Client({ version: 5 }).login(fields)
    return packet.cmd === 'connack' ? { ...packet.properties } : {}
  }

  test('the CONNACK tells what the server has not', () => {
    expect(connack()).toEqual({
      receiveMaximum: 2_048,
      maximumQoS: 1,
      retainAvailable: false,
      maximumPacketSize: 1_064_960,
      topicAliasMaximum: 0,
      wildcardSubscriptionAvailable: false,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: false,
    })
  })

  test('an empty client identifier gets one [MQTT-3.1.3-7]', () => {
    expect(connack({ clientId: '', clean: true })).toMatchObject({
      assignedClientIdentifier: `isthmus-${NONCE}`,
    })
    const client = new Client({ version: 5 }).raw(
      connectBytes(5, { flags: 0xc0, clientId: Buffer.alloc(0) }),
    )
    client.machine.authenticated({ outcome: 'accepted', device: DEVICE })
    expect(refusal(client).code).toBe(0)
  })

  test('the server sets a keep alive that is off or too long', () => {
    expect(connack({ keepalive: 0 })['serverKeepAlive']).toBe(600)
    expect(connack({ keepalive: 601 })['serverKeepAlive']).toBe(600)
    expect(connack({ keepalive: 600 })['serverKeepAlive']).toBeUndefined()
  })

  test('the server tells a shorter session expiry', () => {
    const asked = (sessionExpiryInterval: number): unknown =>
      connack({ properties: { sessionExpiryInterval } })['sessionExpiryInterval']
    expect(asked(0xffff_ffff)).toBe(300)
    expect(asked(300)).toBeUndefined()
    expect(asked(0)).toBeUndefined()
  })

  test.each([
    ['an authentication method', { authenticationMethod: 'SCRAM-SHA-256' }, 0x8c],
    ['authentication data without a method', { authenticationData: Buffer.from('x') }, 0x82],
    ['a Maximum Packet Size that no large letter fits', { maximumPacketSize: 66_047 }, 0x83],
    ['a Maximum Packet Size of 0', { maximumPacketSize: 0 }, 0x82],
    ['a Receive Maximum of 0', { receiveMaximum: 0 }, 0x82],
  ])('%s', (_what, properties, code) => {
    expect(refused(5, { properties })).toMatchObject({ code })
  })

  test('properties: twice, out of place, unknown, of another value, too many', () => {
    const code = (properties: number[]): number | undefined =>
      refusal(new Client({ version: 5 }).raw(connectBytes(5, { flags: 0xc2, properties }))).code
    expect(code([0x21, 0, 9, 0x21, 0, 9])).toBe(0x82)
    expect(code([0x23, 0, 9])).toBe(0x81)
    expect(code([0x24, 1])).toBe(0x81)
    expect(code([0x7e, 1])).toBe(0x81)
    expect(code([0x17, 2])).toBe(0x82)
    expect(code([0x21, 0])).toBe(0x81)
    const user = [0x26, 0, 1, 0x61, 0, 1, 0x62]
    expect(code([...user, ...user])).toBeUndefined()
    expect(code(Array.from({ length: 1_200 }, () => user).flat())).toBe(0x97)
  })

  test('a remaining length that is longer than needed [MQTT-1.5.5-1]', () => {
    const whole = connectBytes(5, { flags: 0xc2 })
    const longer = Buffer.concat([Buffer.from([0x10, whole[1]! | 0x80, 0]), whole.subarray(2)])
    expect(refusal(new Client({ version: 5 }).raw(longer)).code).toBe(0x81)
    const old = connectBytes(4, { flags: 0xc2 })
    const client = new Client().raw(
      Buffer.concat([Buffer.from([0x10, old[1]! | 0x80, 0]), old.subarray(2)]),
    )
    expect(client.recorder.logins).toHaveLength(1)
  })
})

interface ConnectFields {
  readonly flags: number
  readonly name?: string
  readonly level?: number
  readonly clientId?: Buffer
  readonly properties?: readonly number[]
  /** Will properties, topic and payload. */
  readonly will?: Buffer
}

/** A CONNECT by hand, for what no generator would write. */
const connectBytes = (version: Version, fields: ConnectFields): Buffer => {
  const { flags, name = 'MQTT', level = version, clientId = Buffer.from('phone') } = fields
  const field = (bytes: Buffer): Buffer[] => [
    Buffer.from([bytes.length >>> 8, bytes.length & 0xff]),
    bytes,
  ]
  const { properties = [] } = fields
  const body = Buffer.concat([
    ...field(Buffer.from(name)),
    Buffer.from([level, flags, 0, 60]),
    ...(version === 5 ? [lengthOf(properties.length), Buffer.from(properties)] : []),
    ...field(clientId),
    fields.will ?? Buffer.alloc(0),
    ...(flags & 0x80 ? field(Buffer.from('ada.lovelace')) : []),
    ...(flags & 0x40 ? field(Buffer.from(TOKEN)) : []),
  ])
  return Buffer.concat([Buffer.from([0x10]), lengthOf(body.length), body])
}

const lengthOf = (value: number): Buffer =>
  Buffer.from(value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >>> 7])

/** The packet with its body cut or padded to a size. */
const resize = (packet: Buffer, size: number): Buffer => {
  const resized = Buffer.alloc(size)
  packet.copy(resized)
  resized[1] = size - 2
  return resized
}
