/** Bytes for property tests: valid packets, packets with a few bytes changed, and noise. */
import fc from 'fast-check'
import { generate, type Packet } from 'mqtt-packet'
import {
  ANSWERS_TOPIC,
  connectPacket,
  envelopeOf,
  INBOX,
  TO_GRACE,
  type Version,
} from './client.ts'

const topics = fc.oneof(
  { weight: 3, arbitrary: fc.constant(TO_GRACE) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(INBOX, ANSWERS_TOPIC, '', '#', '$SYS/x', '$share/a/b', 'to/x/y'),
  },
  { weight: 2, arbitrary: fc.string({ maxLength: 20 }) },
)

const messageIds = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 65_535 }))
const payloads = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 5 }).map((id) => envelopeOf(id)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
)

const userProperties = fc.dictionary(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }), {
  maxKeys: 2,
})

const publishes: fc.Arbitrary<Packet> = fc.record({
  cmd: fc.constant('publish' as const),
  topic: topics,
  messageId: messageIds,
  payload: payloads,
  qos: fc.constantFrom(0, 1, 1, 1, 1, 2),
  dup: fc.boolean(),
  retain: fc.constantFrom(false, false, false, true),
  properties: fc.oneof(
    fc.constant({}),
    fc.record(
      {
        payloadFormatIndicator: fc.boolean(),
        messageExpiryInterval: fc.nat(),
        topicAlias: fc.nat(3),
        responseTopic: topics,
        subscriptionIdentifier: fc.integer({ min: 1, max: 300 }),
        userProperties,
      },
      { requiredKeys: [] },
    ),
  ),
}) as fc.Arbitrary<Packet>

const subscribes: fc.Arbitrary<Packet> = fc.record({
  cmd: fc.constant('subscribe' as const),
  messageId: messageIds,
  subscriptions: fc.array(
    fc.record({
      topic: topics,
      qos: fc.constantFrom(0, 1, 2),
      nl: fc.boolean(),
      rap: fc.boolean(),
      rh: fc.nat(2),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  properties: fc.oneof(fc.constant({}), fc.record({ userProperties })),
}) as fc.Arbitrary<Packet>

const connects = (version: Version): fc.Arbitrary<Packet> =>
  fc
    .record(
      {
        clean: fc.boolean(),
        clientId: fc.string({ minLength: 1, maxLength: 30 }),
        keepalive: fc.nat(65_535),
        username: fc.constantFrom('ada.lovelace', 'Ada', ''),
        will: fc.record({ topic: fc.constant('x'), payload: payloads, qos: fc.nat(2) as never }),
        properties: fc.record(
          {
            sessionExpiryInterval: fc.nat(1_000),
            receiveMaximum: fc.nat(65_535),
            maximumPacketSize: fc.nat(100_000),
            requestProblemInformation: fc.boolean(),
            authenticationMethod: fc.constant('x'),
            userProperties,
          },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    )
    .map((fields) => connectPacket(version, fields as never))

const rest: fc.Arbitrary<Packet> = fc.oneof(
  fc.record({
    cmd: fc.constantFrom('puback', 'pubrel', 'pubrec', 'pubcomp'),
    messageId: messageIds,
  }),
  fc.record({
    cmd: fc.constant('puback'),
    messageId: messageIds,
    reasonCode: fc.constantFrom(0, 0x10, 0x80, 0x97),
    properties: fc.record({ reasonString: fc.string({ maxLength: 4 }), userProperties }),
  }),
  fc.record({
    cmd: fc.constant('unsubscribe'),
    messageId: messageIds,
    unsubscriptions: fc.array(topics, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ cmd: fc.constantFrom('pingreq', 'pingresp') }),
  fc.record({
    cmd: fc.constant('disconnect'),
    reasonCode: fc.constantFrom(0, 4, 0x80),
    properties: fc.record({ sessionExpiryInterval: fc.nat(10) }, { requiredKeys: [] }),
  }),
) as fc.Arbitrary<Packet>

/** A packet as mqtt-packet writes it. */
export const packetBytes = (version: Version): fc.Arbitrary<Buffer> =>
  fc
    .oneof(
      { weight: 4, arbitrary: publishes },
      { weight: 2, arbitrary: subscribes },
      { weight: 1, arbitrary: connects(version) },
      { weight: 3, arbitrary: rest },
    )
    .map((packet) => generate(packet, { protocolVersion: version }))

export const publishBytes = (version: Version): fc.Arbitrary<Buffer> =>
  publishes.map((packet) => generate(packet, { protocolVersion: version }))

/** The bytes with some of them changed, some taken out, some put in; the length may be right. */
export const mutated = (bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(
      bytes,
      fc.array(fc.tuple(fc.nat(60), fc.nat(255), fc.constantFrom('set', 'delete', 'insert')), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.boolean(),
    )
    .map(([original, changes, repair]) => {
      const values = [...original]
      for (const [at, value, what] of changes) {
        const index = at % (values.length + 1)
        if (what === 'insert') values.splice(index, 0, value)
        else if (what === 'delete') values.splice(index, 1)
        else values[index] = value
      }
      if (repair && values.length >= 2 && values.length < 130) values[1] = values.length - 2
      return Buffer.from(values)
    })

export const anyBytes = (version: Version): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { weight: 4, arbitrary: packetBytes(version) },
    { weight: 4, arbitrary: mutated(packetBytes(version)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
  )

/** The bytes cut into pieces at these places. */
export const split = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length))
}
