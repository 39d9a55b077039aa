/**
 * The two curves that sealing stands on, behind a port with two implementations that give the same
 * results: the platform's own (native.ts) and tweetnacl (nacl.ts). What differs between libraries
 * (points of low order, non-canonical scalars) is decided in strict.ts, for both alike.
 */
import { naclPrimitives } from './nacl.ts'
import { nativePrimitives } from './native.ts'

export interface KeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** 32 bytes: the X25519 scalar, or the seed of RFC 8032 for Ed25519. */
  readonly secretKey: Uint8Array
}

export interface EphemeralAgreement {
  /** 32 bytes. */
  readonly ephemeralPublicKey: Uint8Array
  /** The X25519 result, 32 bytes. */
  readonly shared: Uint8Array
}

export interface Primitives {
  readonly name: 'native' | 'tweetnacl'
  readonly x25519KeyPair: () => Promise<KeyPair>
  /**
   * X25519 (RFC 7748), 32 bytes.
   * @throws SealError `malformed` if the result is all zero: the peer's point is of low order.
   */
  readonly x25519: (secretKey: Uint8Array, peer: Uint8Array) => Promise<Uint8Array>
  /** The same with a key pair of its own that is forgotten afterwards. */
  readonly x25519Ephemeral: (peer: Uint8Array) => Promise<EphemeralAgreement>
  readonly ed25519KeyPair: () => Promise<KeyPair>
  /** Ed25519 (RFC 8032), 64 bytes. */
  readonly sign: (secretKey: Uint8Array, message: Uint8Array) => Promise<Uint8Array>
  /** False for anything but a strict signature, see strict.ts. */
  readonly verify: (
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ) => Promise<boolean>
}

/** The platform's own curves where it has both and they work, tweetnacl elsewhere. */
export const detectPrimitives = async (): Promise<Primitives> => {
  try {
    const [agreement, signer] = await Promise.all([
      nativePrimitives.x25519Ephemeral((await nativePrimitives.x25519KeyPair()).publicKey),
      nativePrimitives.ed25519KeyPair(),
    ])
    const signature = await nativePrimitives.sign(signer.secretKey, agreement.shared)
    const works = await nativePrimitives.verify(signer.publicKey, agreement.shared, signature)
    return works ? nativePrimitives : naclPrimitives
  } catch {
    return naclPrimitives
  }
}

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

/** What was detected, the same each time. */
export const platformPrimitives: () => Promise<Primitives> = once(detectPrimitives)
