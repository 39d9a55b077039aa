/** Checks of public keys and signatures that clients send. Keys are raw, 32 bytes. */
import {
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  verify,
  type KeyObject,
} from 'node:crypto'

const publicKey = (raw: Uint8Array, asymmetricKeyType: 'x25519' | 'ed25519'): KeyObject =>
  createPublicKey({ key: Buffer.from(raw), format: 'raw-public', asymmetricKeyType })

const { privateKey: probe } = generateKeyPairSync('x25519')

/**
 * Whether an X25519 public key is of use. RFC 7748 section 6.1: "Both MAY check, without leaking
 * extra information about the value of K, whether K is the all-zero value and abort if so." That
 * happens with keys of low order alone, for every private key, and OpenSSL then refuses.
 */
export const isUsableX25519 = (raw: Uint8Array): boolean => {
  if (raw.length !== 32) return false
  try {
    diffieHellman({ privateKey: probe, publicKey: publicKey(raw, 'x25519') })
    return true
  } catch {
    return false
  }
}

const P = 2n ** 255n - 19n

const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n
  for (let square = base % P, rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P
    square = (square * square) % P
  }
  return result
}

const inverse = (value: bigint): bigint => power(value, P - 2n)

const D = (P - ((121_665n * inverse(121_666n)) % P)) % P

/**
 * The y of the points whose order divides 8. The order of a point with y = 1 is 1, with y = -1 it
 * is 2, with y = 0 it is 4; a point doubles to one with y = 0 if y² = -x², so that d·y⁴ + 2·y² = 1.
 */
const LOW_ORDER_Y = ((): ReadonlySet<bigint> => {
  const ys = [0n, 1n, P - 1n]
  const root = squareRoot((1n + D) % P) ?? 0n
  for (const r of [root, P - root]) {
    const y = squareRoot((((P - 1n + r) % P) * inverse(D)) % P)
    if (y !== undefined) ys.push(y, P - y)
  }
  return new Set(ys)
})()

/** Undefined if there is none. P is 5 modulo 8: RFC 8032 section 5.1.1. */
function squareRoot(square: bigint): bigint | undefined {
  const candidate = power(square, (P + 3n) / 8n)
  for (const root of [candidate, (candidate * power(2n, (P - 1n) / 4n)) % P]) {
    if ((root * root) % P === square) return root
  }
  return undefined
}

/**
 * Whether an Ed25519 public key is a point of the curve and not of low order, for which anybody
 * could make signatures that verify.
 */
export const isUsableEd25519 = (raw: Uint8Array): boolean => {
  if (raw.length !== 32) return false
  const y = BigInt(`0x${Buffer.from(raw).reverse().toString('hex')}`) & (2n ** 255n - 1n)
  // RFC 8032 section 5.1.3: "If the resulting value is >= p, decoding fails."
  if (y >= P || LOW_ORDER_Y.has(y)) return false
  const ySquared = (y * y) % P
  // -x² + y² = 1 + d·x²·y², so x² = (y² - 1) / (d·y² + 1).
  const xSquared = ((P + ySquared - 1n) * inverse((D * ySquared + 1n) % P)) % P
  return squareRoot(xSquared) !== undefined
}

/** False for anything that is not a valid signature, whatever its length. */
export const verifyEd25519 = (
  key: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean =>
  key.length === 32 &&
  signature.length === 64 &&
  verify(undefined, message, publicKey(key, 'ed25519'), signature)
