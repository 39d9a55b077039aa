import { describe, expect, test } from '@jest/globals'
import { delivery } from '@isthmus/proto/codec'
import type { IConnectPacket, Packet } from 'mqtt-packet'
import { Client, INBOX, type ClientOptions, type Version } from '../testing/client.ts'

const subscribed = (
  version: Version,
  options: ClientOptions = {},
  fields: Partial<IConnectPacket> = {},
): Client => {
  const client = new Client({ version, ...options })
  client.login(fields)
  client.subscribe(INBOX)
  return client
}

const sent = (client: Client): [number | undefined, boolean][] =>
  client.take().map((packet: Packet) => [packet.messageId, packet.cmd === 'publish' && packet.dup])

describe.each([4, 5] as const)('letters, protocol level %i', (version) => {
  test('come as PUBLISH with QoS 1 on the own inbox, the sequence appended', () => {
    const client = subscribed(version)
    const sealed = new Uint8Array([1, 2, 3])
    const bytes = delivery.encode({ sealed, acceptedAt: 1_795_411_827_432 })
    for (const sequence of [1, 127, 128, 65_536, 2 ** 35 + 5]) {
      client.machine.deliver({ sequence, previous: 0, bytes })
      const [packet] = client.take()
      expect(packet).toMatchObject({
        cmd: 'publish',
        topic: INBOX,
        qos: 1,
        dup: false,
        retain: false,
        messageId: ((sequence - 1) % 65_535) + 1,
      })
      const payload = packet?.cmd === 'publish' ? (packet.payload as Buffer) : Buffer.alloc(0)
      const letter = delivery.decode(payload)
      expect(letter).toMatchObject({ sequence, acceptedAt: 1_795_411_827_432 })
      expect([...letter.sealed]).toEqual([1, 2, 3])
      client.puback(((sequence - 1) % 65_535) + 1)
    }
  })

  test('each is acknowledged by its PUBACK, in any order', () => {
    const client = subscribed(version)
    for (const sequence of [1, 2, 3]) client.deliver(sequence)
    client.puback(2).puback(1)
    expect(client.recorder.acknowledged).toEqual([2, 1])
  })

  test('a PUBACK of an id that is not in use, or twice, does nothing', () => {
    const client = subscribed(version)
    client.deliver(1)
    client.puback(2).puback(1).puback(1)
    expect(client.recorder.acknowledged).toEqual([1])
    expect(client.closed).toBeUndefined()
  })

  test('a PUBACK with the identifier 0, or none', () => {
    const zero = subscribed(version).puback(0)
    expect(zero.disconnectCode()).toBe(version === 5 ? 0x82 : undefined)
    expect(zero.closed?.code).toBe(1002)
    const short = subscribed(version).raw([0x40, 1, 1])
    expect(short.disconnectCode()).toBe(version === 5 ? 0x81 : undefined)
    expect(short.closed?.code).toBe(1002)
  })

  test('a packet id in use makes its letter wait, and those behind it', () => {
    const client = subscribed(version)
    client.deliver(1)
    client.deliver(1 + 65_535)
    client.deliver(2 + 65_535)
    expect(sent(client)).toEqual([[1, false]])
    client.puback(1)
    expect(sent(client)).toEqual([
      [1, false],
      [2, false],
    ])
    client.puback(1).puback(2)
    expect(client.recorder.acknowledged).toEqual([1, 65_536, 65_537])
  })

  test('are sent once in a connection: unsubscribing and subscribing again repeats nothing', () => {
    const client = subscribed(version)
    client.deliver(1)
    client.deliver(2)
    client.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: [INBOX] })
    // [MQTT-3.10.4-3]: what was sent can still be acknowledged.
    client.puback(1)
    client.take()
    client.subscribe(INBOX)
    for (const sequence of [1, 2, 3]) client.deliver(sequence)
    expect(sent(client)).toEqual([[3, false]])
    client.puback(2).puback(3)
    // 1 comes again since its acknowledgement found no inbox open: it is acknowledged again.
    expect(client.recorder.acknowledged).toEqual([1, 1, 2, 3])
  })

  test('do not come before the inbox is subscribed, or after it is not', () => {
    const client = new Client({ version })
    client.login()
    client.deliver(1)
    client.subscribe(INBOX)
    client.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: [INBOX] })
    client.take()
    client.deliver(2)
    expect(client.take()).toEqual([])
  })
})

test('MQTT 5: the window is the lower of both sides', () => {
  const window = (receiveMaximum?: number): unknown => {
    const properties = receiveMaximum === undefined ? {} : { receiveMaximum }
    return subscribed(5, {}, { properties }).recorder.inbox
  }
  expect(window()).toEqual([128])
  expect(window(65_535)).toEqual([128])
  expect(window(5)).toEqual([5])
})

test('MQTT 5: a PUBACK with a reason code of failure acknowledges too', () => {
  const client = subscribed(5)
  client.deliver(1)
  client.send({ cmd: 'puback', messageId: 1, reasonCode: 0x80, properties: { reasonString: 'no' } })
  expect(client.recorder.acknowledged).toEqual([1])
})

test('MQTT 3.1.1: a PUBACK has no reason code', () => {
  const client = subscribed(4).raw([0x40, 4, 0, 1, 0x80, 0])
  expect(client.closed?.code).toBe(1002)
})
