import { describe, expect, test } from '@jest/globals'
import type { GoodbyeReason } from '@isthmus/gateway-core/protocol'
import { GOODBYES } from './answers.ts'
import { mqttProtocol } from './machine.ts'
import { ACCEPTED, Client, publishPacket, type Version } from './testing/client.ts'

const loggedIn = (version: Version): Client => {
  const client = new Client({ version })
  client.login()
  return client
}

test('the protocol as the shell needs to know it', () => {
  expect(mqttProtocol).toMatchObject({
    subprotocol: 'mqtt',
    path: '/mqtt',
    mergeFrames: true,
    maxFrameBytes: 1_064_960,
  })
})

describe.each([4, 5] as const)('protocol level %i', (version) => {
  const end = (v5: number, close = 1002): unknown => [version === 5 ? v5 : undefined, close]
  const ended = (client: Client): unknown => [client.disconnectCode(), client.closed?.code]

  test('PINGREQ gets PINGRESP [MQTT-3.12.4-1], and has no body', () => {
    expect(loggedIn(version).raw([0xc0, 0]).take()).toMatchObject([{ cmd: 'pingresp' }])
    expect(ended(loggedIn(version).raw([0xc0, 1, 0]))).toEqual(end(0x81))
  })

  test('a text message [MQTT-6.0.0-1]', () => {
    const client = loggedIn(version)
    client.machine.receive('hello', client.now)
    expect(ended(client)).toEqual(end(0x82, 1003))
  })

  test('packets that only servers send, AUTH, and QoS 2 that never began', () => {
    for (const first of [0x20, 0x50, 0x70, 0x90, 0xb0, 0xd0, 0xf0]) {
      expect(ended(loggedIn(version).raw([first, 2, 0, 1]))).toEqual(end(0x82))
    }
  })

  test('packet type 0 and reserved flags [MQTT-2.2.2-2]', () => {
    for (const first of [0x00, 0x41, 0x60, 0xa0, 0xc1, 0xe1]) {
      expect(ended(loggedIn(version).raw([first, 0]))).toEqual(end(0x81))
    }
  })

  test('a PUBREL without its QoS 2 [MQTT-4.3.3-2]', () => {
    const [pubcomp] = loggedIn(version).raw([0x62, 2, 0, 5]).take()
    expect(pubcomp).toMatchObject({ cmd: 'pubcomp', messageId: 5 })
    if (version === 5) expect(pubcomp).toMatchObject({ reasonCode: 0x92 })
    expect(ended(loggedIn(version).raw([0x62, 2, 0, 0]))).toEqual(end(0x82))
  })

  test('a remaining length that is longer than needed [MQTT-1.5.5-1], of MQTT 5 alone', () => {
    const client = loggedIn(version).raw([0xc0, 0x80, 0])
    if (version === 5) expect(ended(client)).toEqual([0x81, 1002])
    else expect(client.take()).toMatchObject([{ cmd: 'pingresp' }])
  })

  test('a packet other than PUBLISH over its size', () => {
    expect(ended(loggedIn(version).raw([0x82, 0xff, 0xff, 0x01]))).toEqual(end(0x95, 1009))
  })

  test('DISCONNECT ends it; what follows is not read [MQTT-3.14.4-1]', () => {
    const client = loggedIn(version).raw([0xe0, 0, 0xc0, 0])
    expect(client.closed).toEqual({ code: 1000, reason: '' })
    client.raw([0xc0, 0])
    expect(client.take()).toEqual([])
  })

  test('silence for one and a half times the keep alive', () => {
    const client = loggedIn(version)
    expect(client.machine.deadline()).toBe(client.now + 90_000)
    client.now += 80_000
    client.raw([0xc0, 0])
    client.take()
    client.machine.expire(client.now + 89_999)
    expect(client.closed).toBeUndefined()
    client.machine.expire(client.now + 90_000)
    expect(ended(client)).toEqual(end(0x8d, 4481))
    expect(client.machine.deadline()).toBe(Infinity)
  })

  test('silence says nothing while answers are out', () => {
    const client = loggedIn(version).publish(1, 'm1')
    client.machine.expire(client.now + 90_000)
    expect(client.closed).toBeUndefined()
    expect(client.machine.deadline()).toBe(client.now + 180_000)
    client.machine.answered(1, ACCEPTED)
    client.machine.expire(client.now + 180_000)
    expect(client.closed?.code).toBe(4481)
  })

  test('a packet that never ends does not count as a sign of life', () => {
    const client = loggedIn(version)
    const deadline = client.machine.deadline()
    for (const byte of [0x32, 0x7f, 0, 18, 0x74]) {
      client.now += 10_000
      client.raw([byte])
    }
    expect(client.machine.deadline()).toBe(deadline)
  })

  test.each(Object.entries(GOODBYES))('goodbye: %s', (reason, { reasonCode, close, text }) => {
    const client = loggedIn(version)
    client.goodbye(reason as GoodbyeReason)
    expect(client.disconnectCode()).toBe(version === 5 ? reasonCode : undefined)
    expect(client.closed).toEqual({ code: close.code, reason: text })
    client.goodbye('going-away')
    client.machine.disconnected?.()
  })

  test('a goodbye before the CONNACK is only a close [MQTT-3.14.0-1]', () => {
    for (const client of [new Client({ version }), new Client({ version }).connect()]) {
      client.goodbye('authentication-timeout')
      expect(client.take()).toEqual([])
      expect(client.closed?.code).toBe(4408)
      client.machine.authenticated({ outcome: 'refused' })
    }
  })

  test('a fault of ours ends one connection, with a word', () => {
    const client = loggedIn(version)
    client.recorder.submit = () => {
      throw new TypeError('a fault')
    }
    client.send(publishPacket(1, 'm1'))
    expect(ended(client)).toEqual(end(0x80, 1011))
  })
})

test('MQTT 3.1.1 without a keep alive has no deadline of its own', () => {
  const client = new Client()
  client.login({ keepalive: 0 })
  expect(client.machine.deadline()).toBe(Infinity)
})

test('MQTT 5 without a keep alive gets the server’s', () => {
  const client = new Client({ version: 5 })
  client.login({ keepalive: 0 })
  expect(client.machine.deadline()).toBe(client.now + 900_000)
})
