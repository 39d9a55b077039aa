/**
 * Fields of a later version of the contract: who keeps them, who drops them, and that what the
 * relay hands on does not depend on it.
 */
import { fromBinary, toBinary, type DescMessage } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { anyMessage } from './testing/arbitraries.ts'
import { hex, messageTypes, reflection, staticType, toPlain } from './testing/codecs.ts'

/** Fields with numbers that no version has used: inside and outside of what is reserved. */
const unknownField = fc.oneof(
  fc
    .tuple(fc.constantFrom(64, 500, 2 ** 29 - 1), fc.nat())
    .map(([no, value]) => new BinaryWriter().tag(no, WireType.Varint).uint32(value).finish()),
  fc
    .tuple(fc.constantFrom(64, 500), fc.uint8Array({ maxLength: 200 }))
    .map(([no, value]) =>
      new BinaryWriter().tag(no, WireType.LengthDelimited).bytes(value).finish(),
    ),
  fc.constant(new BinaryWriter().tag(70, WireType.Bit32).fixed32(7).finish()),
  fc.constant(new BinaryWriter().tag(71, WireType.Bit64).fixed64(7n).finish()),
)
const unknownFields = fc
  .array(unknownField, { minLength: 1, maxLength: 5 })
  .map((fields) => Buffer.concat(fields))

/** A message as a later version would send it: known fields, then others. */
const later = (type: DescMessage) =>
  fc.tuple(anyMessage(type), unknownFields).map(([message, unknown]) => ({
    message,
    known: toBinary(type, message),
    bytes: Buffer.concat([toBinary(type, message), unknown]),
  }))

describe('unknown fields', () => {
  test.each(messageTypes)('of $name are kept by protobuf-es', (type) => {
    const keeps = fc.property(later(type), ({ bytes }) => {
      expect(hex(toBinary(type, fromBinary(type, bytes)))).toBe(hex(bytes))
    })
    fc.assert(keeps, { numRuns: 20 })
  })

  test.each(messageTypes)('of $name are kept by protobufjs where it is asked to', (type) => {
    const codecs = [reflection.lookupType(type.typeName), staticType(type)]
    const keeps = fc.property(later(type), ({ bytes }) => {
      for (const codec of codecs) {
        const reader = protobuf.Reader.create(bytes)
        reader.discardUnknown = false
        if (codec !== undefined) {
          expect(hex(codec.encode(codec.decode(reader)).finish())).toBe(hex(bytes))
        }
      }
    })
    fc.assert(keeps, { numRuns: 20 })
  })

  test.each(messageTypes.filter(staticType))('of $name are dropped on the hot path', (type) => {
    const codec = staticType(type)!
    const drops = fc.property(later(type), ({ bytes, known, message }) => {
      const decoded = codec.decode(bytes)
      expect(hex(codec.encode(decoded).finish())).toBe(hex(known))
      expect(Object.keys(decoded)).not.toContain('$unknowns')
      expect(toPlain(type, fromBinary(type, codec.encode(decoded).finish()))).toEqual(
        toPlain(type, message),
      )
    })
    fc.assert(drops, { numRuns: 20 })
  })
})
