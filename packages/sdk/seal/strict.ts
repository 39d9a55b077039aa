/**
 * Where libraries differ on bad curve input, this package is strict, whichever of them computes:
 * what is refused here is what libsodium refuses too.
 */
import { SealError } from './error.ts'

/** @throws SealError `malformed` if the X25519 result is all zero (RFC 7748 section 6.1). */
export const refuseLowOrder = (shared: Uint8Array): Uint8Array => {
  // "The check for the all-zero value results from the fact that the X25519 function produces
  // that value if it operates on an input corresponding to a point with small order": so the
  // check must not tell by its time at which byte a secret value stops being zero.
  let bits = 0
  for (const byte of shared) bits |= byte
  if (bits === 0) throw new SealError('malformed')
  return shared
}

const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))

/** The order of Ed25519's main subgroup, little-endian (RFC 8032 section 5.1). */
const L = hex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')
/** 2^255 - 19, little-endian. */
const P = hex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f')

/** The y coordinates of the points whose order divides 8, little-endian. */
const SMALL_ORDER_Y = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(hex)

/** Little-endian numbers of the same length. */
const isBelow = (a: Uint8Array, b: Uint8Array): boolean => {
  for (let at = a.length - 1; at >= 0; at--) {
    if (a[at] !== b[at]) return (a[at] ?? 0) < (b[at] ?? 0)
  }
  return false
}

const withoutSign = (point: Uint8Array): Uint8Array => {
  // Not `slice`: that of a Buffer shares its memory, and the caller's key would be changed.
  const y = Uint8Array.from(point)
  y[31] = (y[31] ?? 0) & 0x7f
  return y
}

/**
 * Whether the two have their sizes, the public key is canonical and not of small order (one of
 * small order makes a signature fit any message), and the signature's scalar is below the order
 * of the group (RFC 8032 section 5.1.7; otherwise there are two signatures for each).
 */
export const isStrictSignature = (publicKey: Uint8Array, signature: Uint8Array): boolean => {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  const y = withoutSign(publicKey)
  if (!isBelow(y, P)) return false
  if (SMALL_ORDER_Y.some((small) => small.every((byte, at) => byte === y[at]))) return false
  return isBelow(signature.subarray(32), L)
}
