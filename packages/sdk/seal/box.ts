/**
 * libsodium's sealed box, crypto_box_seal: anyone can close it, only the recipient opens it, and
 * it says nothing about who closed it.
 *
 *   box   = epk (32 bytes) ‖ crypto_secretbox(plaintext, nonce, key)
 *   nonce = BLAKE2b-24(epk ‖ pk)
 *   key   = HSalsa20(X25519(esk, pk), 16 zero bytes)
 *
 * crypto_secretbox is XSalsa20-Poly1305: a tag of 16 bytes, then the ciphertext.
 * Source: https://doc.libsodium.org/public-key_cryptography/sealed_boxes
 */
import { blake2b } from '@noble/hashes/blake2.js'
import nacl from 'tweetnacl'
import { concat } from '../bytes.ts'
import { SealError } from './error.ts'
import { platformPrimitives, type KeyPair, type Primitives } from './primitives.ts'

/** Bytes that a box is longer than its plaintext: the ephemeral key and the tag. */
export const SEAL_OVERHEAD = 48

const PUBLIC_KEY_BYTES = 32
const SIGMA = new TextEncoder().encode('expand 32-byte k')

/** What tweetnacl exports for uses like this one and its types leave out. */
interface LowLevel {
  crypto_core_hsalsa20(
    out: Uint8Array,
    input: Uint8Array,
    key: Uint8Array,
    sigma: Uint8Array,
  ): number
}
const { lowlevel } = nacl as unknown as { lowlevel: LowLevel }

const nonceOf = (ephemeral: Uint8Array, recipient: Uint8Array): Uint8Array =>
  blake2b(concat(ephemeral, recipient), { dkLen: nacl.secretbox.nonceLength })

const boxKey = (shared: Uint8Array): Uint8Array => {
  const key = new Uint8Array(32)
  lowlevel.crypto_core_hsalsa20(key, new Uint8Array(16), shared, SIGMA)
  return key
}

/**
 * Closes a box for the holder of an X25519 key.
 * @param recipient 32 bytes.
 * @returns the plaintext's length and SEAL_OVERHEAD bytes.
 * @throws SealError `malformed` if the key is not 32 bytes or a point of low order.
 */
export const seal = async (
  plaintext: Uint8Array,
  recipient: Uint8Array,
  primitives?: Primitives,
): Promise<Uint8Array> => {
  if (recipient.length !== PUBLIC_KEY_BYTES) throw new SealError('malformed')
  const curves = primitives ?? (await platformPrimitives())
  const { ephemeralPublicKey, shared } = await curves.x25519Ephemeral(recipient)
  const nonce = nonceOf(ephemeralPublicKey, recipient)
  return concat(ephemeralPublicKey, nacl.secretbox(plaintext, nonce, boxKey(shared)))
}

/**
 * Opens a box.
 * @param keyPair X25519, of the device that the box is for.
 * @throws SealError `malformed` if it is too short or its key is a point of low order,
 * `not-for-us` if it does not open.
 */
export const open = async (
  box: Uint8Array,
  keyPair: KeyPair,
  primitives?: Primitives,
): Promise<Uint8Array> => {
  if (box.length < SEAL_OVERHEAD) throw new SealError('malformed')
  const curves = primitives ?? (await platformPrimitives())
  const ephemeral = box.slice(0, PUBLIC_KEY_BYTES)
  const shared = await curves.x25519(keyPair.secretKey, ephemeral)
  const nonce = nonceOf(ephemeral, keyPair.publicKey)
  const plaintext = nacl.secretbox.open(box.subarray(PUBLIC_KEY_BYTES), nonce, boxKey(shared))
  if (!plaintext) throw new SealError('not-for-us')
  return plaintext
}
