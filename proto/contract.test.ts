/**
 * The contract holds if independent codecs agree on it byte for byte: protobuf-es, protobufjs by
 * reflection from the .proto files, protobufjs' static code (the hot path's) and, for the golden
 * vectors, buf's own.
 */
import { fromBinary, toBinary, toJson, type DescField } from '@bufbuild/protobuf'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anyMessage } from './testing/arbitraries.ts'
import { encodeByBuf } from './testing/buf.ts'
import {
  codecsOf,
  hex,
  messageType,
  messageTypes,
  reflection,
  show,
  staticType,
  toPlain,
  unhex,
} from './testing/codecs.ts'
import { allVectors, messageOf, readVectors, vectorFiles } from './testing/vectors.ts'

describe('golden vectors', () => {
  for (const file of vectorFiles) {
    test.each(readVectors(file))(`${file} $type.name: $name`, (vector) => {
      const { type, json } = vector
      const message = messageOf(vector)
      const plain = toPlain(type, message)
      const bytes = unhex(vector.hex)

      expect(hex(toBinary(type, message))).toBe(vector.canonical)
      expect(toJson(type, fromBinary(type, bytes))).toEqual(json)
      for (const codec of codecsOf(type)) {
        const encoded = hex(codec.encode(codec.prepare(plain)))
        expect([codec.name, encoded]).toEqual([codec.name, vector.canonical])
        expect([codec.name, codec.toPlain(codec.decode(bytes))]).toEqual([codec.name, plain])
      }
    })
  }

  test("buf's codec encodes every one of them to the same bytes", () => {
    const encoded = encodeByBuf(allVectors)
    expect(encoded.size).toBe(allVectors.length)
    for (const [{ name, canonical }, bytes] of encoded) {
      expect([name, hex(bytes)]).toEqual([name, canonical])
    }
  })

  test('there are some for every message type and every kind of content', () => {
    const types = new Set(allVectors.map((vector) => vector.type))
    expect(messageTypes.filter((type) => !types.has(type)).map((type) => type.name)).toEqual([])
    const contents = allVectors.filter((vector) => vector.type === messageType('Content'))
    const kinds = new Set(contents.flatMap((vector) => Object.keys(vector.json as object)))
    const known = messageType('Content').oneofs[0]!.fields.map((field) => field.jsonName)
    expect(known.filter((kind) => !kinds.has(kind))).toEqual([])
  })
})

describe('random messages', () => {
  test.each(messageTypes)('$name', (type) => {
    const agrees = fc.property(anyMessage(type), (message) => {
      const bytes = toBinary(type, message)
      const plain = toPlain(type, message)
      for (const codec of codecsOf(type)) {
        const encoded = hex(codec.encode(codec.prepare(plain)))
        expect(`${codec.name}: ${encoded}`).toBe(`${codec.name}: ${hex(bytes)}`)
        const decoded = show(codec.toPlain(codec.decode(bytes)))
        expect(`${codec.name}: ${decoded}`).toBe(`${codec.name}: ${show(plain)}`)
      }
    })
    fc.assert(agrees, { numRuns: 100 })
  })
})

describe('the shape of the contract', () => {
  const fields: readonly DescField[] = messageTypes.flatMap((type) => type.fields)

  test('the codecs see the same messages', () => {
    const known = reflection.lookup('isthmus.v1') as { nested?: Record<string, object> } | null
    const names = Object.entries(known?.nested ?? {})
      .filter(([, found]) => 'fields' in found)
      .map(([name]) => name)
    expect(names.toSorted()).toEqual(messageTypes.map((type) => type.name).toSorted())
  })

  test('static code has every message but those inside the seal', () => {
    const without = messageTypes.filter((type) => staticType(type) === undefined)
    expect(new Set(without.map((type) => type.file.name))).toEqual(new Set(['isthmus/v1/content']))
    expect(messageTypes.filter((type) => type.file.name === 'isthmus/v1/content')).toEqual(without)
  })

  test('there are no maps: their keys, chosen by a stranger, would be property names', () => {
    expect(fields.filter((field) => field.fieldKind === 'map')).toEqual([])
  })

  test('there is no recursion: how deep a message nests is known', () => {
    const depth = (field: DescField, seen: readonly string[]): number => {
      if (field.message === undefined) return 0
      expect(seen).not.toContain(field.message.typeName)
      const path = [...seen, field.message.typeName]
      return 1 + Math.max(0, ...field.message.fields.map((inner) => depth(inner, path)))
    }
    expect(Math.max(...fields.map((field) => depth(field, [field.parent.typeName])))).toBe(2)
  })
})
