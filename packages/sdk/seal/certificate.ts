/** A sender's certificate: who sends, vouched for twice (content.proto, SenderCertificate). */
import { fromBinary } from '@bufbuild/protobuf'
import {
  SenderClaimsSchema,
  type SenderCertificate,
} from '@isthmus/proto/gen/isthmus/v1/content_pb'
import { parseAddress } from '@isthmus/runtime/address'
import { BoundedMap } from '@isthmus/runtime/bounded-map'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, toBase64 } from '../bytes.ts'
import { SealError } from './error.ts'
import type { Primitives } from './primitives.ts'
import { certificateInput, deviceInput } from './signed.ts'

export interface Sender {
  /** `network:handle`, in canonical form. */
  readonly address: string
  /** 22 characters of base64url. */
  readonly deviceId: string
  /** Public keys, 32 bytes each. */
  readonly x25519: Uint8Array
  readonly ed25519: Uint8Array
  readonly identityKey: Uint8Array
  /** Milliseconds since the Unix epoch. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/** Clocks of a realm's machines may differ by so much. */
const CLOCK_SKEW_MS = 300_000

/**
 * Reads claims without checking who signed them.
 * @throws SealError `bad-certificate`.
 */
export const readClaims = (claims: Uint8Array): Sender => {
  let decoded
  try {
    decoded = fromBinary(SenderClaimsSchema, claims)
  } catch (error) {
    throw new SealError('bad-certificate', { cause: error })
  }
  const sender: Sender = {
    address: decoded.address,
    deviceId: decoded.deviceId,
    x25519: decoded.deviceX25519,
    ed25519: decoded.deviceEd25519,
    identityKey: decoded.identityEd25519,
    issuedAt: Number(decoded.issuedAt) * 1_000,
    expiresAt: Number(decoded.expiresAt) * 1_000,
  }
  const keys = [sender.x25519, sender.ed25519, sender.identityKey]
  const wellFormed =
    parseAddress(sender.address) !== undefined &&
    /^[A-Za-z0-9_-]{22}$/.test(sender.deviceId) &&
    keys.every((key) => key.length === 32)
  if (!wellFormed) throw new SealError('bad-certificate')
  return sender
}

/** Certificates whose signatures were found good, and what they say. */
export type VerifiedCertificates = BoundedMap<string, Sender>

const MAX_VERIFIED = 500

/** For one realm key: a person's letters mostly come with the same certificate. */
export const rememberCertificates = (): VerifiedCertificates => new BoundedMap(MAX_VERIFIED)

/** Of all that the signatures cover and of the signatures. */
const keyOf = ({ claims, identitySignature, realmSignature }: SenderCertificate): string =>
  toBase64(sha256(concat(sha256(claims), sha256(identitySignature), sha256(realmSignature))))

export interface CertificateCheck {
  /** The realm's Ed25519 certificate key, 32 bytes. */
  readonly realmKey: Uint8Array
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  readonly primitives: Primitives
  readonly verified?: VerifiedCertificates | undefined
}

const verifySignatures = async (
  certificate: SenderCertificate,
  { realmKey, primitives }: CertificateCheck,
): Promise<Sender> => {
  const sender = readClaims(certificate.claims)
  const realm = certificateInput(certificate.claims)
  if (!(await primitives.verify(realmKey, realm, certificate.realmSignature))) {
    throw new SealError('bad-certificate')
  }
  const device = deviceInput(sender.x25519, sender.ed25519)
  if (!(await primitives.verify(sender.identityKey, device, certificate.identitySignature))) {
    throw new SealError('bad-certificate')
  }
  return sender
}

/**
 * Checks a certificate for a moment: for a letter, when the relay accepted it. A letter may wait
 * for weeks in its mailbox, longer than a certificate lives.
 * @throws SealError `bad-certificate` or `expired-certificate`.
 */
export const verifyCertificate = async (
  certificate: SenderCertificate,
  check: CertificateCheck,
): Promise<Sender> => {
  const { at, verified } = check
  const key = verified && keyOf(certificate)
  const known = key === undefined ? undefined : verified?.get(key)
  const sender = known ?? (await verifySignatures(certificate, check))
  if (key !== undefined && !known) verified?.set(key, sender)
  const valid = sender.issuedAt - CLOCK_SKEW_MS <= at && at < sender.expiresAt + CLOCK_SKEW_MS
  if (!valid) throw new SealError('expired-certificate')
  return sender
}
