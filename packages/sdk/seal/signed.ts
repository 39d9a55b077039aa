/**
 * The byte strings that are signed. Each begins with its own name and a zero byte, so that no
 * signature made for one purpose fits another.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, utf8 } from '../bytes.ts'

const LETTER = utf8('isthmus/v1/letter\0')
const DEVICE = utf8('isthmus/v1/device\0')
const CERTIFICATE = utf8('isthmus/v1/certificate\0')

/**
 * By the sending device, Ed25519. The recipient's key in it keeps a recipient from sealing the
 * letter on to somebody else as if it had been written to them.
 */
export const letterInput = (
  recipientX25519: Uint8Array,
  claims: Uint8Array,
  content: Uint8Array,
): Uint8Array => concat(LETTER, recipientX25519, sha256(claims), content)

/** By the account's identity key: the device belongs to the account. */
export const deviceInput = (deviceX25519: Uint8Array, deviceEd25519: Uint8Array): Uint8Array =>
  concat(DEVICE, deviceX25519, deviceEd25519)

/** By the realm's certificate key: the address belongs to that identity key. */
export const certificateInput = (claims: Uint8Array): Uint8Array => concat(CERTIFICATE, claims)
