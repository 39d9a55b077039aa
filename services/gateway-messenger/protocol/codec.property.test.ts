/**
 * What is written and read by hand agrees with mqtt-packet, which stays the judge.
 */
import { describe, expect, test } from '@jest/globals'
import { delivery } from '@isthmus/proto/codec'
import fc from 'fast-check'
import { generate, parser, type Packet } from 'mqtt-packet'
import { fromDelivery, packetIdOf } from '../from-delivery.ts'
import { mutated, packetBytes, publishBytes } from '../testing/arbitraries.ts'
import { Client, INBOX, type Version } from '../testing/client.ts'
import { readFixedHeader } from './fixed-header.ts'
import { writePuback } from './puback.ts'
import { readPlainPublish, writePublish } from './publish-packet.ts'
import { Violation } from './violation.ts'

const RUNS = { numRuns: 2_000 }

/** mqtt-packet's word on a packet: undefined when it refuses it. */
const judged = (bytes: Buffer, version: Version): Packet | undefined => {
  const packets: Packet[] = []
  let failed = false
  const reading = parser({ protocolVersion: version })
  reading.on('packet', (packet) => packets.push(packet))
  reading.on('error', () => (failed = true))
  try {
    reading.parse(bytes)
  } catch {
    failed = true
  }
  return failed || packets.length !== 1 ? undefined : packets[0]
}

/** The header if the bytes are one whole packet by their length. */
const whole = (bytes: Buffer): ReturnType<typeof readFixedHeader> => {
  try {
    const header = readFixedHeader(bytes, 0, bytes.length)
    return header?.end === bytes.length ? header : undefined
  } catch (error) {
    expect(error).toBeInstanceOf(Violation)
    return undefined
  }
}

const ascii = fc.string({
  unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 80,
})

describe.each([4, 5] as const)('protocol level %i', (version) => {
  const opts = { protocolVersion: version }

  test('PUBLISH written', () => {
    fc.assert(
      fc.property(
        ascii,
        fc.constantFrom(0 as const, 1 as const),
        fc.boolean(),
        fc.integer({ min: 1, max: 65_535 }),
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.constantFrom(16_200, 16_383, 16_384, 70_000).map((size) => new Uint8Array(size)),
        ),
        (topic, qos, dup, packetId, bytes) => {
          const payload = Buffer.from(bytes)
          const duplicate = dup && qos > 0
          const written = writePublish({ topic, qos, duplicate, packetId }, payload, version)
          const packet = { cmd: 'publish', topic, qos, payload, retain: false } as const
          const expected = generate({ ...packet, dup: duplicate, messageId: packetId }, opts)
          expect(written.equals(expected)).toBe(true)
        },
      ),
      RUNS,
    )
  })

  test('a letter written: the stored bytes and the sequence, as the codec would encode it', () => {
    fc.assert(
      fc.property(
        fc.maxSafeInteger().map((n) => Math.abs(n) || 1),
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.nat(),
        fc.boolean(),
        (sequence, sealed, acceptedAt, dup) => {
          const bytes = delivery.encode({ sealed, acceptedAt })
          const written = fromDelivery({ sequence, previous: 0, bytes }, INBOX, dup, version)
          const payload = Buffer.from(delivery.encode({ sealed, acceptedAt, sequence }))
          const messageId = packetIdOf(sequence)
          const packet = { cmd: 'publish', topic: INBOX, qos: 1, payload, retain: false } as const
          expect(written.equals(generate({ ...packet, dup, messageId }, opts))).toBe(true)
        },
      ),
      RUNS,
    )
  })

  test('PUBACK written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65_535 }), (messageId) => {
        const expected = generate({ cmd: 'puback', messageId, reasonCode: 0 }, opts)
        expect(writePuback(messageId).equals(expected)).toBe(true)
      }),
      RUNS,
    )
  })

  test('PUBLISH read: what is read by hand mqtt-packet reads alike', () => {
    let plain = 0
    const check = (bytes: Buffer): void => {
      const header = whole(bytes)
      if (!header || bytes[0]! >> 4 !== 3) return
      const read = readPlainPublish(bytes, 0, header, version)
      if (!read) return
      plain += 1
      const packet = judged(bytes, version)
      const { packetId: messageId, topic, payload } = read
      expect(packet).toMatchObject({ cmd: 'publish', qos: 1, retain: false, messageId, topic })
      expect(packet?.cmd === 'publish' && payload.equals(packet.payload as Buffer)).toBe(true)
    }
    fc.assert(fc.property(fc.oneof(publishBytes(version), mutated(publishBytes(version))), check), {
      numRuns: 10_000,
    })
    expect(plain).toBeGreaterThan(1_000)
  })

  test('PUBLISH read: what is submitted is what mqtt-packet reads', () => {
    let submitted = 0
    const check = (bytes: Buffer): void => {
      if (!whole(bytes) || bytes[0]! >> 4 !== 3) return
      const client = new Client({ version })
      client.login()
      client.raw(bytes)
      const [submission] = client.recorder.submitted
      if (!submission) return
      submitted += 1
      const packet = judged(bytes, version)
      expect(packet).toMatchObject({
        messageId: submission.reference,
        topic: `to/${submission.to.network}/${submission.to.handle}`,
      })
    }
    fc.assert(fc.property(fc.oneof(publishBytes(version), mutated(publishBytes(version))), check), {
      numRuns: 10_000,
    })
    expect(submitted).toBeGreaterThan(300)
  })

  test('what mqtt-packet refuses closes the connection', () => {
    let refused = 0
    const check = (bytes: Buffer): void => {
      if (!whole(bytes) || judged(bytes, version)) return
      refused += 1
      const client = new Client({ version })
      client.login()
      client.raw(bytes)
      expect(client.closed).toBeDefined()
    }
    fc.assert(fc.property(mutated(packetBytes(version)), check), { numRuns: 10_000 })
    expect(refused).toBeGreaterThan(300)
  })
})
