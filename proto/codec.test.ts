import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { create, toBinary } from '@bufbuild/protobuf'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import * as codecs from './codec.ts'
import { DeliverySchema } from './gen/isthmus/v1/delivery_pb.ts'
import { anyMessage } from './testing/arbitraries.ts'
import { hex, messageType, messageTypes, staticType, toPlain } from './testing/codecs.ts'

const typeNameOf = (name: string): string => `${name[0]!.toUpperCase()}${name.slice(1)}`

/** The exported codecs, by the name of their message. */
const exported = new Map(
  Object.entries(codecs)
    .filter(([, value]) => 'decode' in value)
    .map(([name, codec]) => [typeNameOf(name), codec as codecs.Codec<object>]),
)

/** What travels alone: every message that no other message has a field of. */
const topLevel = (): string[] => {
  const parts = new Set(messageTypes.flatMap((type) => type.fields.map((field) => field.message)))
  return messageTypes
    .filter((type) => !parts.has(type) && staticType(type) !== undefined)
    .map((type) => type.name)
}

describe('the hot path codec', () => {
  test('has every message that travels on the bus or to a client, and no other', () => {
    expect([...exported.keys()].toSorted()).toEqual(topLevel().toSorted())
  })

  test('is declared for the same messages as it is generated for', () => {
    const declared = readFileSync(join(import.meta.dirname, 'gen/static.d.ts'), 'utf8')
    const names = [...declared.matchAll(/^ {2}\| '(\w+)'$/gm)].map(([, name]) => name!)
    const generated = messageTypes.filter((type) => staticType(type) !== undefined)
    expect(names.toSorted()).toEqual(generated.map((type) => type.name).toSorted())
  })

  test.each([...exported])('%s is the codec of the message of its name', (name, codec) => {
    const type = messageType(name)
    const agrees = fc.property(anyMessage(type), (message) => {
      const bytes = toBinary(type, message)
      expect(hex(codec.encode(toPlain(type, message)))).toBe(hex(bytes))
      expect(hex(codec.encode(codec.decode(bytes)))).toBe(hex(bytes))
    })
    fc.assert(agrees, { numRuns: 20 })
  })

  test('what is left out is there at its default', () => {
    expect(codecs.sealedEnvelope.decode(new Uint8Array())).toMatchObject({
      id: '',
      letters: [],
      ttlSeconds: 0,
    })
    expect(codecs.submissionAnswer.decode(new Uint8Array()).answer).toBeNull()
    expect(codecs.delivery.decode(new Uint8Array()).sealed).toHaveLength(0)
  })

  test('64-bit integers are numbers, exact to 2^53 - 1', () => {
    const acceptedAt = Number.MAX_SAFE_INTEGER
    const bytes = codecs.delivery.encode({ acceptedAt, sequence: 2 ** 40 + 1 })
    expect(codecs.delivery.decode(bytes)).toMatchObject({ acceptedAt, sequence: 2 ** 40 + 1 })
    expect(hex(bytes)).toBe(
      hex(
        toBinary(
          DeliverySchema,
          create(DeliverySchema, { acceptedAt: BigInt(acceptedAt), sequence: 2n ** 40n + 1n }),
        ),
      ),
    )
  })

  test.each([
    ['Buffer', (bytes: Uint8Array) => Buffer.from(bytes)],
    ['Uint8Array', (bytes: Uint8Array) => Uint8Array.from(bytes)],
  ])('bytes fields are views of the %s that they came in', (_, wrap) => {
    const sealed = Uint8Array.of(1, 2, 3)
    const bytes = wrap(codecs.sealedEnvelope.encode({ letters: [{ deviceId: 'd', sealed }] }))
    const letter = codecs.sealedEnvelope.decode(bytes).letters[0]!
    expect(letter.sealed.buffer).toBe(bytes.buffer)
    bytes[bytes.length - 1] = 9
    expect([...letter.sealed]).toEqual([1, 2, 9])
  })

  test('encode sees own properties alone, whatever they are called', () => {
    const inherited: Partial<codecs.SealedEnvelope> = Object.create({ id: 'inherited' }) as object
    expect(codecs.sealedEnvelope.encode(inherited)).toHaveLength(0)
    const parsed: unknown = JSON.parse('{"__proto__":{"id":"a"},"constructor":1,"ttlSeconds":3}')
    expect(hex(codecs.sealedEnvelope.encode(parsed as object))).toBe('1803')
  })
})
