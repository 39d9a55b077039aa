import { describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import sodium from 'libsodium-wrappers'
import nacl from 'tweetnacl'
import { naclPrimitives } from './nacl.ts'
import { nativePrimitives } from './native.ts'
import { detectPrimitives } from './primitives.ts'

const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const agreed = async (secret: Uint8Array, peer: Uint8Array): Promise<readonly string[]> =>
  Promise.all(
    [nativePrimitives, naclPrimitives].map((curves) =>
      curves.x25519(secret, peer).then(hex, (error: Error) => error.message),
    ),
  )

/** What native, tweetnacl and libsodium say to a signature. */
const verdicts = async (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<readonly boolean[]> => {
  await sodium.ready
  return [
    await nativePrimitives.verify(publicKey, message, signature),
    await naclPrimitives.verify(publicKey, message, signature),
    sodium.crypto_sign_verify_detached(signature, message, publicKey),
  ]
}

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n
const fromLittleEndian = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes.slice().reverse())}`)
const toLittleEndian = (value: bigint): Uint8Array =>
  Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex')).reverse()

describe('native and tweetnacl curves give the same', () => {
  test('X25519 of any two strings of 32 bytes', async () => {
    const same = async (secret: Uint8Array, peer: Uint8Array): Promise<void> => {
      const [native, stand] = await agreed(secret, peer)
      expect(native).toBe(stand)
    }
    await fc.assert(fc.asyncProperty(key, key, same), { numRuns: 40 })
  })

  test('X25519 as in RFC 7748 section 6.1', async () => {
    const bob = '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'
    const alicePublic = '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a'
    const shared = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742'
    const [secret, peer] = [Buffer.from(bob, 'hex'), Buffer.from(alicePublic, 'hex')]
    expect(await agreed(secret, peer)).toEqual([shared, shared])
  })

  test('Ed25519 signatures, byte for byte', async () => {
    const same = async (secret: Uint8Array, message: Uint8Array): Promise<void> => {
      const native = await nativePrimitives.sign(secret, message)
      expect(hex(native)).toBe(hex(await naclPrimitives.sign(secret, message)))
      const { publicKey } = nacl.sign.keyPair.fromSeed(secret)
      expect(await verdicts(publicKey, message, native)).toEqual([true, true, true])
    }
    await fc.assert(fc.asyncProperty(key, fc.uint8Array({ maxLength: 300 }), same), { numRuns: 15 })
  })

  test('a changed signature, message or key fits nowhere', async () => {
    const pair = await naclPrimitives.ed25519KeyPair()
    const message = Uint8Array.of(1, 2, 3)
    const signature = await naclPrimitives.sign(pair.secretKey, message)
    const change = async (at: number): Promise<void> => {
      const all = Uint8Array.of(...signature, ...pair.publicKey, ...message)
      all[at] = (all[at] ?? 0) ^ 1
      const parts = [all.slice(64, 96), all.slice(96), all.slice(0, 64)] as const
      expect(await verdicts(...parts)).toEqual([false, false, false])
    }
    await fc.assert(fc.asyncProperty(fc.nat(98), change), { numRuns: 25 })
  })

  test('a scalar with the order added: the same signature a second time, refused', async () => {
    const pair = await naclPrimitives.ed25519KeyPair()
    const message = Uint8Array.of(9)
    const signature = await naclPrimitives.sign(pair.secretKey, message)
    const twin = signature.slice()
    twin.set(toLittleEndian(fromLittleEndian(signature.subarray(32)) + ORDER), 32)
    // tweetnacl by itself takes it.
    expect(nacl.sign.detached.verify(message, twin, pair.publicKey)).toBe(true)
    expect(await verdicts(pair.publicKey, message, twin)).toEqual([false, false, false])
  })

  test('public keys of small order, whose signatures fit any message, are refused', async () => {
    const identity = toLittleEndian(1n)
    // With A and R the neutral element, S = 0 solves the equation for every message.
    const signature = Uint8Array.of(...identity, ...new Uint8Array(32))
    expect(nacl.sign.detached.verify(Uint8Array.of(5), signature, identity)).toBe(true)
    const prime = 2n ** 255n - 19n
    const order8 = Buffer.from(
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
      'hex',
    )
    const small = [0n, 1n, prime - 1n, prime, prime + 1n, fromLittleEndian(order8)]
    small.push(prime - fromLittleEndian(order8))
    for (const y of small) {
      for (const sign of [0n, 1n << 255n]) {
        const point = toLittleEndian(y | sign)
        expect(await verdicts(point, Uint8Array.of(5), signature)).toEqual([false, false, false])
      }
    }
  })

  test('keys and signatures of any size and content are false, not an error', async () => {
    const anything = fc.uint8Array({ maxLength: 70 })
    const never = async (publicKey: Uint8Array, signature: Uint8Array): Promise<void> => {
      for (const curves of [nativePrimitives, naclPrimitives]) {
        expect(await curves.verify(publicKey, Uint8Array.of(1), signature)).toBe(false)
      }
    }
    const sized = fc.uint8Array({ minLength: 64, maxLength: 64 })
    await fc.assert(fc.asyncProperty(anything, anything, never), { numRuns: 50 })
    await fc.assert(fc.asyncProperty(key, sized, never), { numRuns: 20 })
  })
})

describe('detection', () => {
  test('takes the native curves where they work', async () => {
    expect((await detectPrimitives()).name).toBe('native')
  })

  test('takes tweetnacl where they do not', async () => {
    const refuse = () => Promise.reject(new DOMException('Unrecognized name', 'NotSupportedError'))
    const generateKey = jest.spyOn(crypto.subtle, 'generateKey').mockImplementation(refuse)
    expect((await detectPrimitives()).name).toBe('tweetnacl')
    generateKey.mockRestore()
  })
})
