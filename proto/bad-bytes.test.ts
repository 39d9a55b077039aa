/**
 * Bytes that are no message: each codec ends in an error, in time that grows with the input and no
 * faster, and leaves nothing of it behind. The hot path's codec meets bytes of strangers; where
 * protobuf-es is more lenient, it is said here.
 */
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { sealedEnvelope, type SealedEnvelope } from './codec.ts'
import { SealedEnvelopeSchema } from './gen/isthmus/v1/envelope_pb.ts'
import { anyMessage } from './testing/arbitraries.ts'
import { hex, messageTypes, reflection, staticType, unhex } from './testing/codecs.ts'

const reflected = reflection.lookupType('isthmus.v1.SealedEnvelope')
const byProtobufjs = {
  static: (bytes: Uint8Array) => sealedEnvelope.decode(bytes),
  'static, Buffer': (bytes: Uint8Array) => sealedEnvelope.decode(Buffer.from(bytes)),
  reflection: (bytes: Uint8Array) => reflected.decode(bytes) as unknown as SealedEnvelope,
}
const byEs = (bytes: Uint8Array) => fromBinary(SealedEnvelopeSchema, bytes)

/** The kinds of error that may escape; a decoder that trips over itself throws others. */
const DOCUMENTED = ['Error', 'RangeError', 'TypeError']

const errorOf = (decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): string => {
  try {
    decode(bytes)
    return 'none'
  } catch (error) {
    const { name, message } = error as Error
    // The only TypeError that is meant is TextDecoder's, for what is not UTF-8.
    return name === 'TypeError' && !message.includes('not valid for encoding') ? message : name
  }
}

const refused: Record<string, string> = {
  'a tag over five bytes': `${'80'.repeat(5)}0100`,
  'a tag over ten bytes': `${'80'.repeat(10)}0100`,
  'a tag over 32 bits': 'ffffffff7f',
  'a varint over ten bytes': `18${'80'.repeat(10)}01`,
  'a length over ten bytes': `0a${'80'.repeat(10)}01`,
  'a varint cut short': '1880',
  'a field without its value': '0a',
  'a length past the end': '0a0561',
  'a length of 2 GiB': '0affffffff07',
  'a negative length': '0affffffffffffffffff01',
  'a letter longer than the message': '12050a0161',
  'an unknown field longer than the message': '7a0561',
  'a fixed 32 cut short': '7d00',
  'a fixed 64 cut short': '7900',
  'field number 0': '0000',
  'wire type 6': '0e00',
  'wire type 7': '0f00',
  'the end of a group that never began': '7c',
  'a group without an end': '7b',
  'a group that ends as another': '7b74',
  'groups 200 deep': `${'7b'.repeat(200)}${'7c'.repeat(200)}`,
  'groups 10,000 deep': `${'7b'.repeat(10_000)}${'7c'.repeat(10_000)}`,
  'a byte that is not UTF-8': '0a01ff',
  'a surrogate in UTF-8': '0a03eda080',
  'an overlong NUL in UTF-8': '0a02c080',
  'a character cut short': '0a01c3',
}

describe('refused by every codec', () => {
  test.each(Object.entries(refused))('%s', (_, bytes) => {
    for (const decode of [...Object.values(byProtobufjs), byEs]) {
      expect(DOCUMENTED).toContain(errorOf(decode, unhex(bytes)))
    }
  })
})

describe('where the codecs differ', () => {
  test('a field that ends past its letter: refused on the hot path, read on by protobuf-es', () => {
    const bytes = unhex('12020a056161616161')
    for (const decode of Object.values(byProtobufjs))
      expect(errorOf(decode, bytes)).not.toBe('none')
    expect(byEs(bytes).letters[0]?.deviceId).toBe('aaaaa')
  })

  test.each([
    ['an id as a varint', '0801'],
    ['letters as a varint', '1001'],
    ['ttl_seconds as a string', '1a0161'],
  ])('%s: an unknown field on the hot path, an error for protobuf-es', (_, text) => {
    for (const decode of Object.values(byProtobufjs)) {
      expect(decode(unhex(text))).toMatchObject({ id: '', letters: [], ttlSeconds: 0 })
    }
    expect(errorOf(byEs, unhex(text))).toBe('RangeError')
  })

  test('a U+FEFF in front of a string: text on the hot path, lost by protobuf-es', () => {
    const bytes = sealedEnvelope.encode({ id: '\u{feff}id\u{feff}' })
    for (const decode of Object.values(byProtobufjs)) {
      expect(decode(bytes).id).toBe('\u{feff}id\u{feff}')
    }
    // TextDecoder takes it for a byte order mark. If this fails, it does no longer: good news.
    expect(byEs(bytes).id).toBe('id\u{feff}')
  })

  test('an unknown varint over ten bytes is skipped by all of them', () => {
    const bytes = unhex(`78${'80'.repeat(50_000)}01`)
    for (const decode of [...Object.values(byProtobufjs), byEs]) {
      expect(errorOf(decode, bytes)).toBe('none')
    }
  })
})

describe('floods of a mebibyte', () => {
  const flood = (pattern: string): Uint8Array => {
    const bytes = unhex(pattern)
    return Uint8Array.from({ length: 1_048_576 }, (_, i) => bytes[i % bytes.length]!)
  }
  const decoded = (bytes: Uint8Array): { message: SealedEnvelope; ms: number } => {
    const started = performance.now()
    const message = sealedEnvelope.decode(bytes)
    return { message, ms: performance.now() - started }
  }

  test.each([
    ['unknown varints', '7800'],
    ['unknown empty strings', '7a00'],
    ['unknown groups', '7b7c'],
    ['one singular field again and again', '0a026162'],
  ])('%s: read in a moment, and nothing is kept', (_, pattern) => {
    const { message, ms } = decoded(flood(pattern))
    // Some 10 ms; anything quadratic in half a million fields takes minutes.
    expect(ms).toBeLessThan(2000)
    expect(message.letters).toHaveLength(0)
    expect(Object.getOwnPropertyNames(message).filter((name) => name !== 'id')).toEqual(['letters'])
  })

  test('empty letters: read in a moment; how many there may be is for the gateway to say', () => {
    const { message, ms } = decoded(flood('1200'))
    expect(ms).toBeLessThan(2000)
    expect(message.letters).toHaveLength(524_288)
  })
})

describe('__proto__', () => {
  test('as an id and a device id is a string like any other', () => {
    const bytes = sealedEnvelope.encode({
      id: '__proto__',
      letters: [{ deviceId: '__proto__', sealed: Uint8Array.of(1) }],
    })
    const message = sealedEnvelope.decode(bytes)
    expect(message.id).toBe('__proto__')
    expect(message.letters[0]?.deviceId).toBe('__proto__')
    expect(Object.getPrototypeOf(message.letters)).toBe(Array.prototype)
    expect(({} as { id?: string }).id).toBeUndefined()
  })
})

/** Bytes near a valid message, or just bytes. */
const damaged = (valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> => {
  const cut = fc.tuple(valid, fc.nat(400)).map(([bytes, at]) => bytes.subarray(0, at))
  const flip = fc.tuple(valid, fc.nat(400), fc.nat(255)).map(([bytes, at, value]) => {
    const copy = Uint8Array.from(bytes)
    if (copy.length > 0) copy[at % copy.length] = value
    return copy
  })
  const insert = fc
    .tuple(valid, fc.nat(400), fc.uint8Array({ maxLength: 12 }))
    .map(([bytes, at, more]) => Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]))
  return fc.oneof(cut, flip, insert, fc.uint8Array({ maxLength: 60 }))
}

describe('damaged messages', () => {
  test.each(messageTypes)(
    '$name: a documented error, or a message that stays what it is',
    (type) => {
      const codecs = [staticType(type), reflection.lookupType(type.typeName)]
      const holds = fc.property(
        damaged(anyMessage(type).map((m) => toBinary(type, m))),
        (bytes) => {
          for (const codec of codecs) {
            if (codec === undefined) continue
            const error = errorOf((input) => codec.decode(input), bytes)
            if (error !== 'none') {
              expect(DOCUMENTED).toContain(error)
              continue
            }
            const once = codec.encode(codec.decode(bytes)).finish()
            expect(hex(codec.encode(codec.decode(once)).finish())).toBe(hex(once))
          }
          expect(['none', ...DOCUMENTED]).toContain(
            errorOf((input) => fromBinary(type, input), bytes),
          )
        },
      )
      fc.assert(holds, { numRuns: 200 })
    },
  )
})
