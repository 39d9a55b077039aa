/** Sender certificates, as proto/isthmus/v1/content.proto specifies them. */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import {
  SenderCertificateSchema,
  SenderClaimsSchema,
} from '@isthmus/proto/gen/isthmus/v1/content_pb'

/** Seconds for which a certificate is valid: 7 days. */
export const CERTIFICATE_SECONDS = 7 * 24 * 3_600

export interface CertificateSubject {
  /** "network:handle". */
  readonly address: string
  readonly deviceId: string
  readonly x25519: Uint8Array
  readonly ed25519: Uint8Array
  readonly identityKey: Uint8Array
  readonly identitySignature: Uint8Array
}

export interface CertificateIssuer {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** An encoded SenderCertificate. @param now milliseconds since the Unix epoch. */
  readonly issue: (subject: CertificateSubject, now: number) => Uint8Array
}

/** What is signed: an ASCII text that says what for, a zero byte, and the bytes. */
export const signedBytes = (purpose: string, ...parts: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([Buffer.from(`isthmus/v1/${purpose}\0`, 'ascii'), ...parts])

/** What the identity key signs of a device. */
export const deviceBytes = (x25519: Uint8Array, ed25519: Uint8Array): Uint8Array =>
  signedBytes('device', x25519, ed25519)

/** @param seed the realm's Ed25519 private key (RFC 8032), 32 bytes. */
export const createIssuer = (seed: Uint8Array): CertificateIssuer => {
  if (seed.length !== 32) throw new RangeError('the certificate seed must be 32 bytes')
  const key = Buffer.from(seed)
  const privateKey = createPrivateKey({ key, format: 'raw-private', asymmetricKeyType: 'ed25519' })
  return {
    publicKey: new Uint8Array(createPublicKey(privateKey).export({ format: 'raw-public' })),
    issue: (subject, now) => {
      const issuedAt = Math.floor(now / 1000)
      const claims = toBinary(
        SenderClaimsSchema,
        create(SenderClaimsSchema, {
          address: subject.address,
          deviceId: subject.deviceId,
          deviceX25519: subject.x25519,
          deviceEd25519: subject.ed25519,
          identityEd25519: subject.identityKey,
          issuedAt: BigInt(issuedAt),
          expiresAt: BigInt(issuedAt + CERTIFICATE_SECONDS),
        }),
      )
      const realmSignature = sign(undefined, signedBytes('certificate', claims), privateKey)
      const { identitySignature } = subject
      return toBinary(
        SenderCertificateSchema,
        create(SenderCertificateSchema, { claims, identitySignature, realmSignature }),
      )
    },
  }
}
