import { describe, expect, test } from '@jest/globals'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { SealedContentSchema } from '@isthmus/proto/gen/isthmus/v1/content_pb'
import protobuf from 'protobufjs'
import { SealError } from './error.ts'
import { BUCKETS, checkPadding, pad } from './padding.ts'

const LARGEST = 65_488

/** A second, independent decoder. */
const twin = protobuf
  .parse(
    `
  syntax = "proto3";
  message Sealed { bytes content = 2; bytes signature = 3; bytes padding = 15; }
`,
  )
  .root.lookupType('Sealed')

/** Content and signature whose encoding has so many bytes; undefined where none has. */
const encodedOf = (length: number): Uint8Array | undefined => {
  for (let signature = 0; signature <= 1; signature++) {
    for (let content = Math.max(length - 8, 0); content < length; content++) {
      const parts = { content: new Uint8Array(content), signature: new Uint8Array(signature) }
      const encoded = toBinary(SealedContentSchema, create(SealedContentSchema, parts))
      if (encoded.length === length) return encoded
    }
  }
  return length === 0 ? new Uint8Array(0) : undefined
}

const bucketFor = (length: number): number => pad(new Uint8Array(length)).length

describe('padding', () => {
  test('every length takes the smallest bucket, one byte short of it the next', () => {
    const wrong: number[] = []
    for (let length = 0; length <= LARGEST; length++) {
      if (length === LARGEST - 1) continue
      const fits = BUCKETS.filter((size) => size >= length)
      const [bucket] = fits[0] === length + 1 ? fits.slice(1) : fits
      if (bucketFor(length) !== bucket) wrong.push(length)
    }
    expect(wrong).toEqual([])
  })

  test('whatever is padded decodes to what it was, in two decoders', () => {
    const wrong: number[] = []
    const around = (centre: number): number[] =>
      Array.from({ length: 300 }, (_, at) => centre - 150 + at)
    const gaps = [3, 130, 16_387].flatMap((gap) => BUCKETS.map((bucket) => bucket - gap))
    for (const length of [...BUCKETS, ...gaps].flatMap(around)) {
      if (length < 0 || length > LARGEST || length === LARGEST - 1) continue
      const encoded = encodedOf(length)
      if (!encoded) continue
      const before = fromBinary(SealedContentSchema, encoded)
      const padded = pad(encoded)
      const after = fromBinary(SealedContentSchema, padded)
      const other = twin.decode(padded) as unknown as { content: Uint8Array }
      const same =
        after.content.length === before.content.length &&
        after.signature.length === before.signature.length &&
        other.content.length === before.content.length &&
        after.$unknown === undefined
      if (!same) wrong.push(length)
    }
    expect(wrong).toEqual([])
  })

  test('the bytes of the filling', () => {
    const filling = (length: number, upTo: number): number[] => [
      ...pad(new Uint8Array(length).fill(1)).subarray(length, length + upTo),
    ]
    expect(filling(254, 2)).toEqual([0x7a, 0])
    expect(filling(253, 3)).toEqual([0x7a, 1, 0])
    expect(filling(512 - 129, 3)).toEqual([0x7a, 127, 0])
    expect(filling(512 - 130, 6)).toEqual([0x7a, 1, 0, 0x7a, 125, 0])
    expect(filling(512 - 131, 4)).toEqual([0x7a, 0x80, 0x01, 0])
    // 49,101 bytes: no single field fills the largest bucket, and there is no next one.
    expect(filling(LARGEST - 16_387, 7)).toEqual([0x7a, 1, 0, 0x7a, 0xfd, 0x7f, 0])
    expect(filling(LARGEST - 16_388, 5)).toEqual([0x7a, 0x80, 0x80, 0x01, 0])
  })

  test('over the largest bucket, or one byte short of it: RangeError', () => {
    for (const length of [LARGEST + 1, LARGEST - 1]) {
      expect(() => pad(new Uint8Array(length))).toThrow(RangeError)
    }
  })

  test('a plaintext of no bucket’s size is malformed', () => {
    expect(() => checkPadding(new Uint8Array(255))).toThrow(SealError)
    expect(() => checkPadding(new Uint8Array(256))).not.toThrow()
  })
})
