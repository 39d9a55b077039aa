/**
 * The relay stores a Delivery without its sequence and appends that field on the way out, without
 * decoding what it stored: concatenation merges protobuf messages.
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { delivery } from './codec.ts'
import { deliveryWriter } from './delivery-writer.ts'
import { DeliverySchema } from './gen/isthmus/v1/delivery_pb.ts'
import { hex, reflection } from './testing/codecs.ts'

const stored = fc.record({
  sealed: fc.uint8Array({ minLength: 49, maxLength: 200 }),
  acceptedAt: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
})
const sequence = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
)

const merged = (letter: Partial<Parameters<typeof delivery.encode>[0]>, at: number): Buffer =>
  Buffer.concat([delivery.encode(letter), delivery.encode({ sequence: at })])

test('a stored letter and a sequence, joined, are the delivery with both', () => {
  fc.assert(
    fc.property(stored, sequence, (letter, at) => {
      expect(hex(merged(letter, at))).toBe(hex(delivery.encode({ ...letter, sequence: at })))
    }),
  )
})

test('every codec reads the two as one', () => {
  const reflected = reflection.lookupType('isthmus.v1.Delivery')
  fc.assert(
    fc.property(stored, sequence, (letter, at) => {
      const bytes = merged(letter, at)
      const whole = { ...letter, sequence: at }
      const same = delivery.encode(whole)
      expect(hex(delivery.encode(delivery.decode(bytes)))).toBe(hex(same))
      expect(hex(reflected.encode(reflected.decode(bytes)).finish())).toBe(hex(same))
      expect(hex(toBinary(DeliverySchema, fromBinary(DeliverySchema, bytes)))).toBe(hex(same))
    }),
  )
})

test('a sequence that is in the stored bytes already gives way to the one appended', () => {
  const bytes = merged({ sealed: new Uint8Array(49), sequence: 999 }, 5)
  expect(delivery.decode(bytes).sequence).toBe(5)
  expect(fromBinary(DeliverySchema, bytes).sequence).toBe(5n)
})

test('what a later version stored comes through unchanged, since it is never decoded', () => {
  const later = new BinaryWriter().tag(3, WireType.LengthDelimited).string('not yet known').finish()
  const letter = Buffer.concat([delivery.encode({ sealed: new Uint8Array(49) }), later])
  const bytes = Buffer.concat([letter, delivery.encode({ sequence: 7 })])
  expect(bytes.subarray(0, letter.length).equals(letter)).toBe(true)
  const read = fromBinary(DeliverySchema, bytes)
  expect(read.sequence).toBe(7n)
  expect(read.$unknown).toHaveLength(1)
  expect(delivery.decode(bytes)).toMatchObject({ sequence: 7 })
})

test('the appended field is at most ten bytes', () => {
  expect(delivery.encode({ sequence: Number.MAX_SAFE_INTEGER }).length).toBeLessThanOrEqual(10)
  expect(toBinary(DeliverySchema, create(DeliverySchema, { sequence: 1n }))).toHaveLength(2)
})

test('a sequence that is not there yet reads as the number 0', () => {
  expect(delivery.decode(new Uint8Array()).sequence).toBe(0)
})

test('the batch writer makes the same bytes as the codec, at every length', () => {
  const lengths = fc.oneof(
    fc.integer({ min: 1, max: 400 }),
    fc.integer({ min: 16_370, max: 16_400 }),
    fc.constantFrom(127, 128, 16_383, 16_384, 65_536),
  )
  fc.assert(
    fc.property(lengths, fc.nat({ max: Number.MAX_SAFE_INTEGER }), (length, acceptedAt) => {
      const sealed = new Uint8Array(length).fill(7)
      const written = deliveryWriter(acceptedAt)(sealed)
      expect(hex(written)).toBe(hex(delivery.encode({ sealed, acceptedAt })))
    }),
  )
})
