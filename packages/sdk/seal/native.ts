/**
 * The curves by the platform: Web Cryptography with the algorithms of the W3C's Secure Curves
 * ("X25519", "Ed25519"). Node 24 and browsers of 2025 have them.
 */
import { concat } from '../bytes.ts'
import { SealError } from './error.ts'
import type { KeyPair, Primitives } from './primitives.ts'
import { isStrictSignature, refuseLowOrder } from './strict.ts'

type Curve = 'X25519' | 'Ed25519'
type Usage = 'deriveBits' | 'sign' | 'verify'

interface CurveKeys {
  readonly publicKey: CryptoKey
  readonly privateKey: CryptoKey
}

/**
 * RFC 8410 section 7: a PrivateKeyInfo holds the 32 bytes behind these 16, in which one byte names
 * the curve (1.3.101.110 or 1.3.101.112).
 */
const pkcs8Prefix = (curve: Curve): Uint8Array =>
  Uint8Array.of(
    ...[0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65],
    ...[curve === 'X25519' ? 0x6e : 0x70, 0x04, 0x22, 0x04, 0x20],
  )
const PREFIX = { X25519: pkcs8Prefix('X25519'), Ed25519: pkcs8Prefix('Ed25519') }

/** Web Cryptography takes no view of a shared buffer; this says that ours never are. */
const plain = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>

const importSecret = async (curve: Curve, key: Uint8Array, usage: Usage): Promise<CryptoKey> =>
  crypto.subtle.importKey('pkcs8', plain(concat(PREFIX[curve], key)), curve, false, [usage])

const importPublic = async (curve: Curve, key: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', plain(key), curve, false, curve === 'X25519' ? [] : ['verify'])

const generate = async (curve: Curve, usages: Usage[]): Promise<CurveKeys> =>
  (await crypto.subtle.generateKey(curve, true, usages)) as CurveKeys

const rawPublic = async (pair: CurveKeys): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))

const keyPair = async (curve: Curve, usages: Usage[]): Promise<KeyPair> => {
  const pair = await generate(curve, usages)
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey))
  return { publicKey: await rawPublic(pair), secretKey: pkcs8.slice(PREFIX[curve].length) }
}

const agree = async (privateKey: CryptoKey, peer: Uint8Array): Promise<Uint8Array> => {
  let bits: ArrayBuffer
  try {
    const algorithm = { name: 'X25519', public: await importPublic('X25519', peer) }
    bits = await crypto.subtle.deriveBits(algorithm, privateKey, 256)
  } catch (error) {
    // "If secret is the all-zero value, then throw an OperationError."
    throw new SealError('malformed', { cause: error })
  }
  return refuseLowOrder(new Uint8Array(bits))
}

export const nativePrimitives: Primitives = {
  name: 'native',
  x25519KeyPair: () => keyPair('X25519', ['deriveBits']),
  x25519: async (secretKey, peer) =>
    agree(await importSecret('X25519', secretKey, 'deriveBits'), peer),
  x25519Ephemeral: async (peer) => {
    const ephemeral = await generate('X25519', ['deriveBits'])
    const [ephemeralPublicKey, shared] = await Promise.all([
      rawPublic(ephemeral),
      agree(ephemeral.privateKey, peer),
    ])
    return { ephemeralPublicKey, shared }
  },
  ed25519KeyPair: () => keyPair('Ed25519', ['sign', 'verify']),
  sign: async (secretKey, message) => {
    const key = await importSecret('Ed25519', secretKey, 'sign')
    return new Uint8Array(await crypto.subtle.sign('Ed25519', key, plain(message)))
  },
  verify: async (publicKey, message, signature) => {
    if (!isStrictSignature(publicKey, signature)) return false
    const key = await importPublic('Ed25519', publicKey).catch(() => undefined)
    if (!key) return false
    return crypto.subtle.verify('Ed25519', key, plain(signature), plain(message))
  },
}
