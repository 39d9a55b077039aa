import { describe, expect, test } from '@jest/globals'
import type { IConnectPacket, Packet } from 'mqtt-packet'
import { ANSWERS_TOPIC, Client, INBOX, type Version } from '../testing/client.ts'

const KEPT: Record<Version, Partial<IConnectPacket>> = {
  4: { clean: false },
  5: { clean: false, properties: { sessionExpiryInterval: 120 } },
}

const connected = (version: Version, retained: Map<string, unknown>, now: number): Client => {
  const client = new Client({ version, retained })
  client.now = now
  return client
}

const isPresent = (packet: Packet): boolean => packet.cmd === 'connack' && packet.sessionPresent

const letters = (client: Client): [number | undefined, boolean][] =>
  client.take().map((packet) => [packet.messageId, packet.cmd === 'publish' && packet.dup])

describe.each([4, 5] as const)('a kept session, protocol level %i', (version) => {
  const begin = (retained: Map<string, unknown>): Client => {
    const client = connected(version, retained, 1_000_000)
    expect(isPresent(client.login(KEPT[version]))).toBe(false)
    client.subscribe(INBOX, ANSWERS_TOPIC)
    return client
  }

  test('keeps its subscriptions, and sends again what was not acknowledged, with DUP', () => {
    const retained = new Map<string, unknown>()
    const first = begin(retained)
    for (const sequence of [1, 2, 3, 4]) first.deliver(sequence)
    first.puback(1).puback(3)
    first.machine.disconnected?.()
    const second = connected(version, retained, 1_060_000)
    expect(isPresent(second.login(KEPT[version]))).toBe(true)
    expect(second.recorder.inbox).toEqual([128])
    // The mailbox's cursor stands at 1: 3 was acknowledged, but not what is before it.
    for (const sequence of [2, 3, 4, 5]) second.deliver(sequence)
    expect(letters(second)).toEqual([
      [2, true],
      [4, true],
      [5, false],
    ])
    expect(second.recorder.acknowledged).toEqual([3])
    second.puback(2)
    second.machine.disconnected?.()
    const third = connected(version, retained, 1_061_000)
    expect(isPresent(third.login(KEPT[version]))).toBe(true)
    for (const sequence of [4, 5, 6]) third.deliver(sequence)
    expect(letters(third)).toEqual([
      [4, true],
      [5, true],
      [6, false],
    ])
  })

  test('keeps letters unacknowledged that a second connection was not sent', () => {
    const retained = new Map<string, unknown>()
    const first = begin(retained)
    first.deliver(1)
    first.deliver(2)
    first.machine.disconnected?.()
    const second = connected(version, retained, 1_000_000)
    second.login(KEPT[version])
    second.deliver(1)
    second.machine.disconnected?.()
    const third = connected(version, retained, 1_000_000)
    third.login(KEPT[version])
    third.deliver(1)
    third.deliver(2)
    expect(letters(third)).toEqual([
      [1, true],
      [2, true],
    ])
  })

  test('is discarded by a clean start [MQTT-3.1.2-6], and letters are not', () => {
    const retained = new Map<string, unknown>()
    const first = begin(retained)
    first.deliver(1)
    first.machine.disconnected?.()
    const second = connected(version, retained, 1_000_000)
    expect(isPresent(second.login({ ...KEPT[version], clean: true }))).toBe(false)
    expect(retained.size).toBe(0)
    expect(second.recorder.inbox).toEqual([])
    second.subscribe(INBOX)
    second.deliver(1)
    expect(letters(second)).toEqual([[1, false]])
  })

  test('is another client identifier’s business', () => {
    const retained = new Map<string, unknown>()
    begin(retained).machine.disconnected?.()
    const second = connected(version, retained, 1_000_000)
    expect(isPresent(second.login({ ...KEPT[version], clientId: 'tablet' }))).toBe(false)
  })

  test('expires', () => {
    const retained = new Map<string, unknown>()
    begin(retained).machine.disconnected?.()
    const kept = version === 5 ? 120_000 : 300_000
    const early = new Map(retained)
    const second = connected(version, early, 1_000_000 + kept - 1)
    expect(isPresent(second.login(KEPT[version]))).toBe(true)
    const third = connected(version, retained, 1_000_000 + kept)
    expect(isPresent(third.login(KEPT[version]))).toBe(false)
  })

  test('is handed over to the connection that takes its place', () => {
    const retained = new Map<string, unknown>()
    const first = begin(retained)
    first.deliver(1)
    first.goodbye('replaced')
    const second = connected(version, retained, 1_000_000)
    expect(isPresent(second.login(KEPT[version]))).toBe(true)
    second.machine.disconnected?.()
    const kept = new Map(retained)
    // The first socket is found dead only now; it must not bring back what it knew.
    first.machine.disconnected?.()
    expect(retained).toEqual(kept)
  })

  test('ends when the device is revoked', () => {
    const retained = new Map<string, unknown>()
    const first = begin(retained)
    first.goodbye('revoked')
    first.machine.disconnected?.()
    expect(retained.size).toBe(0)
  })

  test('outlives a DISCONNECT', () => {
    const retained = new Map<string, unknown>()
    const first = begin(retained).raw([0xe0, 0])
    expect(first.closed?.code).toBe(1000)
    first.machine.disconnected?.()
    const second = connected(version, retained, 1_000_000)
    expect(isPresent(second.login(KEPT[version]))).toBe(true)
  })

  test('is not kept by a clean session', () => {
    const retained = new Map<string, unknown>()
    const client = connected(version, retained, 1_000_000)
    client.login({ clean: true })
    client.machine.disconnected?.()
    expect(retained.size).toBe(0)
  })
})

describe('session expiry of MQTT 5', () => {
  const disconnect = (sessionExpiryInterval: number): Packet => ({
    cmd: 'disconnect',
    reasonCode: 0,
    properties: { sessionExpiryInterval },
  })

  test('DISCONNECT can shorten it', () => {
    const retained = new Map<string, unknown>()
    const client = connected(5, retained, 1_000_000)
    client.login(KEPT[5])
    client.send(disconnect(0))
    client.machine.disconnected?.()
    expect(retained.size).toBe(0)
  })

  test('DISCONNECT cannot begin one (3.14.2.2.2)', () => {
    const client = connected(5, new Map(), 1_000_000)
    client.login()
    client.send(disconnect(10))
    expect(client.disconnectCode()).toBe(0x82)
  })
})
