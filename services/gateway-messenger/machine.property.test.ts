/** Whatever comes, in whatever pieces and state, only documented codes and closes come out. */
import { describe, expect, test } from '@jest/globals'
import { ErrorCode } from '@isthmus/proto/codec'
import fc from 'fast-check'
import type { Packet } from 'mqtt-packet'
import { ANSWERS, CLOSES, CONNECT_REFUSALS, GOODBYES, VIOLATIONS } from './answers.ts'
import { anyBytes, packetBytes, split } from './testing/arbitraries.ts'
import {
  ACCEPTED,
  answerOf,
  ANSWERS_TOPIC,
  Client,
  DEVICE,
  INBOX,
  parseAll,
  type Version,
} from './testing/client.ts'

const codesOf = (rows: Record<string, { reasonCode: number }>): number[] =>
  Object.values(rows).map(({ reasonCode }) => reasonCode)

/** CLOSES.internal is left out: it would be a fault of ours. */
const CLOSE_CODES = Object.values(CLOSES)
  .filter((close) => close !== CLOSES.internal)
  .map(({ code }) => code)
const PUBACK_CODES = [0, ...codesOf(ANSWERS)]
const DISCONNECT_CODES = [...codesOf(VIOLATIONS), ...codesOf(GOODBYES)]
const CONNACK_CODES: Record<Version, (number | undefined)[]> = {
  4: [0, ...Object.values(CONNECT_REFUSALS).map(({ returnCode }) => returnCode)],
  5: [0, ...codesOf(CONNECT_REFUSALS)],
}
const SUBACK_CODES: Record<Version, number[]> = {
  4: [0, 1, 0x80],
  5: [0, 1, 0x83, 0x87, 0x8f, 0x9e, 0xa1, 0xa2],
}

const expectDocumented = (packet: Packet, version: Version): void => {
  switch (packet.cmd) {
    case 'connack':
      expect(CONNACK_CODES[version]).toContain(packet.reasonCode ?? packet.returnCode)
      break
    case 'puback':
      expect(PUBACK_CODES).toContain(packet.reasonCode ?? 0)
      break
    case 'suback':
      for (const code of packet.granted) expect(SUBACK_CODES[version]).toContain(code)
      break
    case 'unsuback':
      if (version === 5) for (const code of packet.granted) expect([0, 0x11]).toContain(code)
      break
    case 'disconnect':
      expect(version).toBe(5)
      expect(DISCONNECT_CODES).toContain(packet.reasonCode)
      break
    case 'publish':
      expect([INBOX, ANSWERS_TOPIC]).toContain(packet.topic)
      break
    default:
      expect(['pingresp', 'pubcomp']).toContain(packet.cmd)
  }
}

const expectOnlyDocumented = (client: Client, version: Version): void => {
  // mqtt-packet, as the client's parser, throws on anything that it would not take.
  for (const packet of parseAll(client.recorder.frames, version)) expectDocumented(packet, version)
  if (client.closed) expect(CLOSE_CODES).toContain(client.closed.code)
}

/** The version that the server speaks, which changed bytes of a CONNECT may have changed. */
const spokenBy = (client: Client): Version => {
  const [first] = client.recorder.frames
  if (first?.[0] !== 0x20) return client.version
  return first[1] === 2 ? 4 : 5
}

const STATES: Record<string, (client: Client) => void> = {
  connecting: () => undefined,
  authenticating: (client) => void client.connect(),
  connected: (client) => void client.login(),
  subscribed: (client) => {
    client.login({ clean: false })
    client.subscribe(INBOX, ANSWERS_TOPIC)
    for (const sequence of [1, 2, 3]) client.deliver(sequence)
    client.publish(1, 'm1').publish(2, 'm2')
  },
  closed: (client) => {
    client.login()
    client.raw([0xe0, 0])
  },
}

/** What may happen between two messages of the client. */
const EVENTS: readonly ((client: Client) => void)[] = [
  (client) => client.machine.authenticated({ outcome: 'accepted', device: DEVICE }),
  (client) => client.machine.authenticated({ outcome: 'refused' }),
  (client) => client.machine.answered(1, ACCEPTED),
  (client) => client.machine.answered(2, answerOf(ErrorCode.STALE_DEVICES)),
  (client) => client.machine.answered(3, answerOf(ErrorCode.UNAVAILABLE, { retryAfterMs: 9 })),
  (client) => client.deliver(4),
  (client) => client.deliver(65_536),
  (client) => {
    client.now += 50_000
    client.machine.expire(client.now)
  },
  (client) => client.goodbye('slow-reader'),
  (client) => client.machine.disconnected?.(),
]

describe.each([4, 5] as const)('protocol level %i', (version) => {
  test.each(Object.keys(STATES))('any bytes, in any pieces, while %s', (state) => {
    fc.assert(
      fc.property(
        fc.array(anyBytes(version), { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(400), { maxLength: 6 }),
        fc.array(fc.nat(EVENTS.length - 1), { maxLength: 5 }),
        (packets, cuts, events) => {
          const client = new Client({ version })
          STATES[state]!(client)
          const pieces = split(Buffer.concat(packets), cuts)
          for (const [index, piece] of pieces.entries()) {
            client.raw(piece)
            const event = events[index]
            if (event !== undefined) EVENTS[event]!(client)
          }
          client.machine.disconnected?.()
          expectOnlyDocumented(client, spokenBy(client))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('how the bytes are cut makes no difference', () => {
    const told = (pieces: readonly Buffer[]): unknown => {
      const client = new Client({ version })
      client.login()
      for (const piece of pieces) client.raw(Buffer.from(piece))
      const { frames, closes, submitted, inbox } = client.recorder
      return { sent: Buffer.concat(frames).toString('hex'), closes, submitted, inbox }
    }
    fc.assert(
      fc.property(
        fc.array(fc.oneof(packetBytes(version), anyBytes(version)), { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(400), { maxLength: 20 }),
        (packets, cuts) => {
          const bytes = Buffer.concat(packets)
          expect(told(split(bytes, cuts))).toEqual(told([bytes]))
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
