import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import sodium from 'libsodium-wrappers'
import { open, seal, SEAL_OVERHEAD } from './box.ts'
import { SealError } from './error.ts'
import { naclPrimitives } from './nacl.ts'
import { nativePrimitives } from './native.ts'
import type { KeyPair } from './primitives.ts'

/** Every u of order 1, 2, 4 or 8 on the curve and its twist (RFC 7748; cr.yp.to/ecdh.html). */
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000080',
].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')))

const reasonOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (error) {
    if (error instanceof SealError) return error.reason
    throw error
  }
  return 'none'
}

beforeAll(() => sodium.ready)

describe.each([nativePrimitives, naclPrimitives])('sealed box with $name curves', (curves) => {
  const bytes = fc.uint8Array({ maxLength: 2_000 })

  test('libsodium opens what we seal', async () => {
    const pair = sodium.crypto_box_keypair()
    const sealAndOpen = async (plaintext: Uint8Array): Promise<void> => {
      const box = await seal(plaintext, pair.publicKey, curves)
      expect(box.length).toBe(plaintext.length + SEAL_OVERHEAD)
      const opened = sodium.crypto_box_seal_open(box, pair.publicKey, pair.privateKey)
      expect(Buffer.from(opened)).toEqual(Buffer.from(plaintext))
    }
    await fc.assert(fc.asyncProperty(bytes, sealAndOpen), { numRuns: 40 })
  })

  test('we open what libsodium seals', async () => {
    const pair = await curves.x25519KeyPair()
    const sealAndOpen = async (plaintext: Uint8Array): Promise<void> => {
      const box = sodium.crypto_box_seal(plaintext, pair.publicKey)
      expect(Buffer.from(await open(box, pair, curves))).toEqual(Buffer.from(plaintext))
    }
    await fc.assert(fc.asyncProperty(bytes, sealAndOpen), { numRuns: 40 })
  })

  test('the largest letter, both ways', async () => {
    const plaintext = new Uint8Array(65_488).fill(7)
    const pair = await curves.x25519KeyPair()
    const box = await seal(plaintext, pair.publicKey, curves)
    const ours = sodium.crypto_box_seal_open(box, pair.publicKey, pair.secretKey)
    expect(Buffer.from(ours).equals(Buffer.from(plaintext))).toBe(true)
    const theirs = await open(sodium.crypto_box_seal(plaintext, pair.publicKey), pair, curves)
    expect(Buffer.from(theirs).equals(Buffer.from(plaintext))).toBe(true)
  })

  test('each box is another one', async () => {
    const pair = await curves.x25519KeyPair()
    const one = await seal(new Uint8Array(8), pair.publicKey, curves)
    const two = await seal(new Uint8Array(8), pair.publicKey, curves)
    expect(Buffer.from(one)).not.toEqual(Buffer.from(two))
  })

  test('another key does not open it, nor does a changed bit', async () => {
    const [pair, other] = [await curves.x25519KeyPair(), await curves.x25519KeyPair()]
    const box = await seal(Uint8Array.of(1, 2, 3), pair.publicKey, curves)
    expect(await reasonOf(open(box, other, curves))).toBe('not-for-us')
    const flip = async (at: number, bit: number): Promise<void> => {
      const changed = box.slice()
      changed[at] = (changed[at] ?? 0) ^ (1 << bit)
      // X25519 ignores the top bit of a point, but the nonce is made of it as it stands.
      expect(await reasonOf(open(changed, pair, curves))).toBe('not-for-us')
    }
    const places = fc.asyncProperty(fc.nat(box.length - 1), fc.nat(7), flip)
    await fc.assert(places, { numRuns: 60, examples: [[31, 7]] })
  })

  test('points of low order are refused on both sides, as libsodium does', async () => {
    const pair = await curves.x25519KeyPair()
    for (const point of LOW_ORDER) {
      expect(await reasonOf(seal(new Uint8Array(4), point, curves))).toBe('malformed')
      const box = new Uint8Array(64)
      box.set(point)
      expect(await reasonOf(open(box, pair, curves))).toBe('malformed')
      expect(() => sodium.crypto_box_seal(new Uint8Array(4), point)).toThrow()
    }
  })

  test('on arbitrary bytes, only SealError escapes', async () => {
    const pair: KeyPair = await curves.x25519KeyPair()
    const openAny = async (box: Uint8Array): Promise<void> => {
      const reason = await reasonOf(open(box, pair, curves))
      expect(reason).toBe(box.length < SEAL_OVERHEAD ? 'malformed' : 'not-for-us')
    }
    const boxes = fc.uint8Array({ maxLength: 200 }).filter((box) => box.some((byte) => byte > 1))
    await fc.assert(fc.asyncProperty(boxes, openAny), { numRuns: 100 })
  })
})
