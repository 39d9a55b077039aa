import { describe, expect, test } from '@jest/globals'
import { ErrorCode, submissionAnswer } from '@isthmus/proto/codec'
import type { Packet } from 'mqtt-packet'
import { ANSWERS } from '../answers.ts'
import {
  ACCEPTED,
  answerOf,
  ANSWERS_TOPIC,
  Client,
  envelopeOf,
  publishPacket,
  type ClientOptions,
  type Version,
} from '../testing/client.ts'

const loggedIn = (version: Version, options: ClientOptions = {}): Client => {
  const client = new Client({ version, ...options })
  client.login()
  return client
}

const pubackOf = (packets: Packet[]): Record<string, unknown> | undefined =>
  packets.find(({ cmd }) => cmd === 'puback') as never

describe.each([4, 5] as const)('PUBLISH, protocol level %i', (version) => {
  test('is submitted, and acknowledged once the relay has accepted it', () => {
    const client = loggedIn(version).publish(7, 'm1')
    const [submitted] = client.recorder.submitted
    expect(submitted).toMatchObject({
      reference: 7,
      to: { network: 'instagram', handle: 'grace' },
      envelope: { id: 'm1', ttlSeconds: 0 },
    })
    expect(client.take()).toEqual([])
    client.machine.answered(7, ACCEPTED)
    expect([...client.recorder.frames[0]!]).toEqual([0x40, 2, 0, 7])
    expect(client.take()).toMatchObject([{ cmd: 'puback', messageId: 7 }])
  })

  test('the payload is a view of the message: it is decoded once and not copied', () => {
    const client = loggedIn(version)
    const bytes = client.bytesOf(publishPacket(7, 'm1'))
    client.raw(bytes)
    expect(client.recorder.submitted[0]?.envelope.letters[0]?.sealed.buffer).toBe(bytes.buffer)
  })

  test('a repetition while the answer is pending is answered once', () => {
    const client = loggedIn(version).publish(7, 'm1').publish(7, 'm1', { dup: true })
    expect(client.recorder.submitted).toHaveLength(1)
    client.machine.answered(7, ACCEPTED)
    expect(client.take()).toHaveLength(1)
    // [MQTT-4.3.2-2]: after the PUBACK the same packet id is a new publication.
    client.publish(7, 'm1', { dup: true })
    expect(client.recorder.submitted).toHaveLength(2)
  })

  test('another message under a packet id that is in use is a protocol error', () => {
    const client = loggedIn(version).publish(7, 'm1').publish(7, 'm2')
    expect(client.disconnectCode()).toBe(version === 5 ? 0x82 : undefined)
    expect(client.closed?.code).toBe(1002)
  })

  const ended = (
    bytes: Buffer | Packet,
  ): { code: number | undefined; close: number | undefined } => {
    const client = loggedIn(version)
    if (Buffer.isBuffer(bytes)) client.raw(bytes)
    else client.send(bytes)
    expect(client.recorder.submitted).toEqual([])
    return { code: client.disconnectCode(), close: client.closed?.code }
  }
  const end = (v5: number, close: number): ReturnType<typeof ended> => ({
    code: version === 5 ? v5 : undefined,
    close,
  })

  test('QoS 0 has no answer and is refused', () => {
    expect(ended({ ...publishPacket(0, 'm1'), qos: 0 })).toEqual(end(0x83, 1008))
  })

  test('QoS 2 is refused, with and without a PUBREL to come', () => {
    expect(ended({ ...publishPacket(7, 'm1'), qos: 2 })).toEqual(end(0x9b, 1008))
  })

  test('a retained message is refused', () => {
    expect(ended({ ...publishPacket(7, 'm1'), retain: true })).toEqual(end(0x9a, 1008))
  })

  test('both QoS bits [MQTT-3.3.1-4], and DUP with QoS 0 [MQTT-3.3.1-2]', () => {
    expect(ended(Buffer.from([0x36, 0]))).toEqual(end(0x81, 1002))
    expect(ended(Buffer.from([0x38, 0]))).toEqual(end(0x81, 1002))
  })

  test('a packet identifier of 0 [MQTT-2.3.1-1]', () => {
    expect(ended(publishPacket(0, 'm1'))).toEqual(end(0x82, 1002))
  })

  test('an empty topic name [MQTT-4.7.3-1]', () => {
    expect(ended(publishPacket(7, 'm1', { topic: '' }))).toEqual(end(0x82, 1002))
  })

  test.each(['#', 'to/+/grace', 'to/instagram/#'])('wildcards in %s [MQTT-3.3.2-2]', (topic) => {
    expect(ended(publishPacket(7, 'm1', { topic }))).toEqual(end(0x90, 1002))
  })

  test('a topic name that is not UTF-8, or holds U+0000', () => {
    const bytes = new Client({ version }).bytesOf(publishPacket(7, 'm1'))
    for (const bad of [0xff, 0x00]) {
      const broken = Buffer.from(bytes)
      broken[6] = bad
      expect(ended(broken)).toEqual(end(0x81, 1002))
    }
  })

  test('a packet over the largest size is refused from its header', () => {
    expect(ended(Buffer.from([0x32, 0xff, 0xff, 0xff, 0x7f]))).toEqual(end(0x95, 1009))
    expect(ended(Buffer.from([0x32, 0xff, 0xff, 0xff, 0xff, 0x7f]))).toEqual(end(0x81, 1002))
  })

  test('a packet of the largest size is taken', () => {
    const limits = { maxPacketBytes: new Client({ version }).bytesOf(publishPacket(7, 'm')).length }
    const client = loggedIn(version, { limits }).publish(7, 'm')
    expect(client.recorder.submitted).toHaveLength(1)
    client.publish(8, 'm2')
    expect(client.closed?.code).toBe(1009)
  })
})

describe('a refused PUBLISH of MQTT 5', () => {
  test.each(Object.entries(ANSWERS))('error %s', (error, { reasonCode, text, error: name }) => {
    const client = loggedIn(5).publish(7, 'm1')
    client.machine.answered(7, answerOf(Number(error) as ErrorCode))
    expect(pubackOf(client.take())).toMatchObject({
      messageId: 7,
      reasonCode,
      properties: { reasonString: text, userProperties: { error: name } },
    })
    expect(client.closed).toBeUndefined()
  })

  test('names the devices and the wait', () => {
    const client = loggedIn(5).publish(7, 'm1').publish(8, 'm2')
    const devices = { missing: ['a'.repeat(22), 'b'.repeat(22)], extra: ['c'.repeat(22)] }
    client.machine.answered(7, answerOf(ErrorCode.STALE_DEVICES, devices))
    client.machine.answered(8, answerOf(ErrorCode.RATE_LIMITED, { retryAfterMs: 250 }))
    const [stale, limited] = client.take() as unknown as { properties: object }[]
    expect(stale?.properties).toMatchObject({
      userProperties: { error: 'STALE_DEVICES', ...devices, extra: devices.extra[0] },
    })
    expect(limited?.properties).toMatchObject({ userProperties: { 'retry-after-ms': '250' } })
  })

  test('is bare for a client that wants no problem information [MQTT-3.1.2-29]', () => {
    const client = new Client({ version: 5 })
    client.login({ properties: { requestProblemInformation: false } })
    client.publish(7, 'm1')
    client.machine.answered(7, answerOf(ErrorCode.REFUSED))
    expect([...client.recorder.frames[0]!]).toEqual([0x40, 4, 0, 7, 0x87, 0])
  })

  test.each([
    ['to/messenger/x', 'm1', 0x90, 'UNKNOWN_RECIPIENT'],
    ['to/nowhere/somebody', 'm1', 0x90, 'UNKNOWN_RECIPIENT'],
    ['to/messenger/Ada Lovelace', 'm1', 0x90, 'UNKNOWN_RECIPIENT'],
    ['to/messenger/ädä.lovelace', 'm1', 0x90, 'UNKNOWN_RECIPIENT'],
    ['$SYS/broker/uptime', 'm1', 0x87, 'FORBIDDEN'],
    ['inbox/messenger/grace.hopper', 'm1', 0x87, 'FORBIDDEN'],
    ['answers/messenger/ada.lovelace', 'm1', 0x87, 'FORBIDDEN'],
    ['to', 'm1', 0x87, 'FORBIDDEN'],
  ])('topic %s', (topic, id, reasonCode, error) => {
    const client = loggedIn(5).publish(7, id, { topic })
    expect(client.recorder.submitted).toEqual([])
    const properties = { userProperties: { error } }
    expect(pubackOf(client.take())).toMatchObject({ messageId: 7, reasonCode, properties })
  })

  test('a payload that is no SealedEnvelope', () => {
    const client = loggedIn(5).publish(7, '', { payload: Buffer.from('hello, Grace') })
    expect(pubackOf(client.take())).toMatchObject({ reasonCode: 0x99 })
  })
})

describe('a refused PUBLISH of MQTT 3.1.1', () => {
  test('is answered on the answers topic, then acknowledged', () => {
    const client = loggedIn(4)
    client.subscribe(ANSWERS_TOPIC)
    client.publish(7, 'm1')
    const answer = answerOf(ErrorCode.STALE_DEVICES, { missing: ['a'.repeat(22)] })
    client.machine.answered(7, answer)
    const [refusal, puback] = client.take()
    expect(refusal).toMatchObject({ cmd: 'publish', topic: ANSWERS_TOPIC, qos: 0, retain: false })
    const payload = refusal?.cmd === 'publish' ? (refusal.payload as Buffer) : Buffer.alloc(0)
    expect(submissionAnswer.decode(payload)).toMatchObject({ id: 'm1', answer })
    expect(puback).toMatchObject({ cmd: 'puback', messageId: 7 })
    expect(client.closed).toBeUndefined()
  })

  test.each(Object.entries(ANSWERS))('closes without that topic: error %s', (error, row) => {
    const client = loggedIn(4).publish(7, 'm1')
    client.machine.answered(7, answerOf(Number(error) as ErrorCode))
    expect(client.take()).toEqual([])
    expect(client.closed).toEqual({ code: row.close.code, reason: row.error })
  })

  test('a topic that is not for publishing is answered like any refusal', () => {
    const client = loggedIn(4)
    client.subscribe(ANSWERS_TOPIC)
    client.publish(7, 'm1', { topic: '$SYS/broker' })
    const [refusal] = client.take()
    const payload = refusal?.cmd === 'publish' ? (refusal.payload as Buffer) : Buffer.alloc(0)
    expect(submissionAnswer.decode(payload)).toMatchObject({
      id: 'm1',
      answer: { error: ErrorCode.FORBIDDEN },
    })
  })

  test('without a submission id there is nothing to answer to: closed', () => {
    const client = loggedIn(4)
    client.subscribe(ANSWERS_TOPIC)
    client.publish(7, '', { payload: Buffer.from('hello, Grace') })
    expect(client.closed).toEqual({ code: 1008, reason: 'MALFORMED' })
    const long = loggedIn(4)
    long.subscribe(ANSWERS_TOPIC)
    long.publish(7, 'x'.repeat(65), { topic: '$SYS/broker' })
    expect(long.closed).toEqual({ code: 1008, reason: 'FORBIDDEN' })
  })
})

describe('flow control', () => {
  test.each([4, 5] as const)(
    'more than Receive Maximum without their PUBACK [MQTT-3.3.4-7], level %i',
    (version) => {
      const client = loggedIn(version, { limits: { receiveMaximum: 64 } })
      for (let id = 1; id <= 64; id++) client.publish(id, `m${id}`)
      client.machine.answered(1, ACCEPTED)
      client.publish(65, 'm65').publish(2, 'm2', { dup: true })
      expect(client.closed).toBeUndefined()
      client.publish(66, 'm66')
      expect(client.recorder.submitted).toHaveLength(65)
      expect(client.take().some(({ cmd }) => cmd === 'disconnect')).toBe(version === 5)
      expect(client.closed?.code).toBe(1008)
    },
  )

  test('answers that come after the close are dropped', () => {
    const client = loggedIn(4).publish(1, 'm1').raw([0xe0, 0])
    client.machine.answered(1, ACCEPTED)
    expect(client.take()).toEqual([])
  })
})

describe('properties of a PUBLISH of MQTT 5', () => {
  const published = (properties: object): Client =>
    loggedIn(5).publish(7, 'm1', { properties: properties as never })

  test('a message expiry interval shortens the time to live', () => {
    const ttl = (messageExpiryInterval: number, own = 0): number | undefined =>
      loggedIn(5).publish(7, '', {
        payload: envelopeOf('m1', own),
        properties: { messageExpiryInterval },
      }).recorder.submitted[0]?.envelope.ttlSeconds
    expect(ttl(60)).toBe(60)
    expect(ttl(60, 30)).toBe(30)
    expect(ttl(0)).toBe(1)
  })

  test('those that only describe the payload are taken and not carried', () => {
    const client = published({
      payloadFormatIndicator: false,
      contentType: 'application/x-protobuf',
      responseTopic: 'inbox/messenger/ada.lovelace',
      correlationData: Buffer.from([1]),
      userProperties: { trace: ['1', '2'] },
    })
    expect(client.recorder.submitted).toHaveLength(1)
  })

  test.each([0, 1, 65_535])('a topic alias of %i, the maximum being 0', (topicAlias) => {
    expect(published({ topicAlias }).disconnectCode()).toBe(0x94)
  })

  test('a topic alias instead of a topic name', () => {
    const client = loggedIn(5).publish(7, 'm1', { topic: '', properties: { topicAlias: 1 } })
    expect(client.disconnectCode()).toBe(0x94)
  })

  test('a subscription identifier [MQTT-3.3.4-6]', () => {
    expect(published({ subscriptionIdentifier: 1 }).disconnectCode()).toBe(0x81)
  })

  test('a response topic with a wildcard [MQTT-3.3.2-14]', () => {
    expect(published({ responseTopic: 'inbox/#' }).disconnectCode()).toBe(0x82)
  })

  test('64 KB of user properties', () => {
    const userProperties = { x: Array.from({ length: 100 }, () => 'y'.repeat(650)) }
    expect(published({ userProperties }).disconnectCode()).toBe(0x97)
  })
})
