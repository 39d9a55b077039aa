import { describe, expect, test } from '@jest/globals'
import type { Packet } from 'mqtt-packet'
import { ANSWERS_TOPIC, Client, INBOX, type Version } from '../testing/client.ts'

const loggedIn = (version: Version): Client => {
  const client = new Client({ version })
  client.login()
  return client
}

const unsubscribe = (client: Client, ...unsubscriptions: string[]): Packet[] =>
  client.send({ cmd: 'unsubscribe', messageId: 9, unsubscriptions }).take()

describe.each([4, 5] as const)('SUBSCRIBE, protocol level %i', (version) => {
  test('to the own inbox opens it, after the SUBACK', () => {
    const client = loggedIn(version)
    expect(client.subscribe(INBOX)).toEqual([1])
    expect(client.recorder.inbox).toEqual([128])
  })

  test('again does not interrupt the flow [MQTT-3.8.4-3]', () => {
    const client = loggedIn(version)
    client.subscribe(INBOX)
    expect(client.subscribe(INBOX, INBOX)).toEqual([1, 1])
    expect(client.recorder.inbox).toEqual([128])
  })

  test('QoS 2 is granted as 1; QoS 0 on the inbox is refused', () => {
    const client = loggedIn(version)
    const asked = (qos: 0 | 2): unknown =>
      client.send({ cmd: 'subscribe', messageId: 3, subscriptions: [{ topic: INBOX, qos }] }).take()
    expect(asked(0)).toMatchObject([{ granted: [version === 5 ? 0x83 : 0x80] }])
    expect(client.recorder.inbox).toEqual([])
    expect(asked(2)).toMatchObject([{ cmd: 'suback', messageId: 3, granted: [1] }])
  })

  test('the own answers are granted QoS 0', () => {
    expect(loggedIn(version).subscribe(ANSWERS_TOPIC)).toEqual([0])
  })

  test('everything else is refused, in the order of the filters [MQTT-3.9.3-1]', () => {
    const client = loggedIn(version)
    const filters: [string, number][] = [
      ['inbox/messenger/grace.hopper', 0x87],
      ['inbox/instagram/ada.lovelace', 0x87],
      ['answers/messenger/grace.hopper', 0x87],
      ['$SYS/broker/clients', 0x87],
      ['to/messenger/ada.lovelace', 0x87],
      [INBOX, 1],
      ['#', 0xa2],
      ['+/messenger/ada.lovelace', 0xa2],
      ['inbox/+/ada.lovelace', 0xa2],
      ['$SYS/#', 0xa2],
      ['inbox/#/x', 0x8f],
      ['inbox/messenger/a+', 0x8f],
      ['inbox#', 0x8f],
      ['$share/group/inbox/messenger/ada.lovelace', 0x9e],
      ['$share/group/#', 0x9e],
    ]
    const codes = filters.map(([, code]) => (version === 5 || code === 1 ? code : 0x80))
    expect(client.subscribe(...filters.map(([filter]) => filter))).toEqual(codes)
    expect(client.closed).toBeUndefined()
    expect(client.recorder.inbox).toEqual([128])
  })

  const ended = (bytes: readonly number[]): [number | undefined, number | undefined] => {
    const client = loggedIn(version).raw(bytes)
    return [client.disconnectCode(), client.closed?.code]
  }
  const end = (v5: number): [number | undefined, number] => [version === 5 ? v5 : undefined, 1002]
  const none = version === 5 ? [0] : []

  test('without a filter, without an id, with an empty filter', () => {
    expect(ended([0x82, 2 + none.length, 0, 1, ...none])).toEqual(end(0x82))
    expect(ended([0x82, 6 + none.length, 0, 0, ...none, 0, 1, 0x61, 1])).toEqual(end(0x82))
    expect(ended([0x82, 5 + none.length, 0, 1, ...none, 0, 0, 1])).toEqual(end(0x8f))
  })

  test('with reserved flags, reserved option bits, QoS 3', () => {
    expect(ended([0x80, 6 + none.length, 0, 1, ...none, 0, 1, 0x61, 1])).toEqual(end(0x81))
    expect(ended([0x82, 6 + none.length, 0, 1, ...none, 0, 1, 0x61, 0x81])).toEqual(end(0x81))
    expect(ended([0x82, 6 + none.length, 0, 1, ...none, 0, 1, 0x61, 3])).toEqual(end(0x81))
  })

  test('with a filter that runs past the end', () => {
    expect(ended([0x82, 6 + none.length, 0, 1, ...none, 0, 9, 0x61, 1])).toEqual(end(0x81))
  })
})

describe.each([4, 5] as const)('UNSUBSCRIBE, protocol level %i', (version) => {
  test('closes the inbox, once', () => {
    const client = loggedIn(version)
    client.subscribe(INBOX, ANSWERS_TOPIC)
    const [first] = unsubscribe(client, INBOX, ANSWERS_TOPIC, 'inbox/messenger/grace.hopper')
    expect(first).toMatchObject({ cmd: 'unsuback', messageId: 9 })
    expect(client.recorder.inbox).toEqual([128, 'detach'])
    const [second] = unsubscribe(client, INBOX)
    expect(client.recorder.inbox).toEqual([128, 'detach'])
    if (version === 5) {
      expect(first).toMatchObject({ granted: [0, 0, 0x11] })
      expect(second).toMatchObject({ granted: [0x11] })
    }
  })

  test('without a filter, with an empty one', () => {
    const none = version === 5 ? [0] : []
    expect(loggedIn(version).raw([0xa2, 2 + none.length, 0, 1, ...none]).closed?.code).toBe(1002)
    const empty = loggedIn(version).raw([0xa2, 4 + none.length, 0, 1, ...none, 0, 0])
    expect(empty.disconnectCode()).toBe(version === 5 ? 0x8f : undefined)
    expect(empty.closed?.code).toBe(1002)
  })
})

describe('SUBSCRIBE of MQTT 5', () => {
  test('a subscription identifier is not available', () => {
    const subscriptions = [{ topic: INBOX, qos: 1 as const }]
    const properties = { subscriptionIdentifier: 4 }
    const client = loggedIn(5)
    client.send({ cmd: 'subscribe', messageId: 3, subscriptions, properties })
    expect(client.take()).toMatchObject([{ granted: [0xa1] }])
    expect(client.recorder.inbox).toEqual([])
  })

  test('No Local on a shared subscription, Retain Handling 3 [MQTT-3.8.3-4]', () => {
    const shared = [0x24, 0x73, 0x68, 0x61, 0x72, 0x65, 0x2f, 0x61, 0x2f, 0x62]
    const noLocal = loggedIn(5).raw([0x82, 16, 0, 1, 0, 0, 10, ...shared, 0x05])
    expect(noLocal.disconnectCode()).toBe(0x82)
    const retainHandling = loggedIn(5).raw([0x82, 7, 0, 1, 0, 0, 1, 0x61, 0x31])
    expect(retainHandling.disconnectCode()).toBe(0x82)
  })
})
