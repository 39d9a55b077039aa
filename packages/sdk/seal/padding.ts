/**
 * Padding, so that a letter's length tells its bucket and nothing more. The encoded SealedContent
 * is exactly of a bucket's size; the filling is its field 15: a tag byte, the length as a varint,
 * and that many zero bytes.
 *
 * A varint's length jumps at 128 and at 16,384, so one field can't fill every gap: 130 and 16,387
 * bytes take two fields (protobuf lets a field come twice, the last counts), and a gap of one byte
 * takes the next bucket.
 */
import { SealError } from './error.ts'

export const BUCKETS = [256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_488] as const

/** Field 15, wire type 2 (length-delimited). */
const PADDING_TAG = (15 << 3) | 2

/** A field of three bytes that holds one zero. */
const SMALL_FIELD = Uint8Array.of(PADDING_TAG, 1, 0)

const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]

/** Writes fields that fill the gap behind `at`; the rest of `padded` is zero already. */
const fill = (padded: Uint8Array, at: number): void => {
  const gap = padded.length - at
  if (gap === 0) return
  for (let lengthBytes = 1; lengthBytes <= 3; lengthBytes++) {
    const length = varint(Math.max(gap - 1 - lengthBytes, 0))
    if (length.length === lengthBytes) return padded.set([PADDING_TAG, ...length], at)
  }
  padded.set(SMALL_FIELD, at)
  fill(padded, at + SMALL_FIELD.length)
}

/**
 * Pads an encoded SealedContent that has no padding yet.
 * @returns as many bytes as the smallest bucket that it can fill exactly.
 * @throws RangeError if it is over the largest bucket.
 */
export const pad = (encoded: Uint8Array): Uint8Array => {
  const bucket = BUCKETS.find((size) => encoded.length <= size && encoded.length !== size - 1)
  if (bucket === undefined) {
    throw new RangeError(`a letter holds at most ${BUCKETS.at(-1)} bytes, not ${encoded.length}`)
  }
  const padded = new Uint8Array(bucket)
  padded.set(encoded)
  fill(padded, encoded.length)
  return padded
}

/** @throws SealError `malformed` if the opened plaintext is of no bucket's size. */
export const checkPadding = (plaintext: Uint8Array): void => {
  if (!(BUCKETS as readonly number[]).includes(plaintext.length)) throw new SealError('malformed')
}
