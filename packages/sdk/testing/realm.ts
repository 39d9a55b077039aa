/** A realm and people for tests: keys and certificates without a directory. */
import { create, toBinary } from '@bufbuild/protobuf'
import {
  SenderCertificateSchema,
  SenderClaimsSchema,
} from '@isthmus/proto/gen/isthmus/v1/content_pb'
import { randomBytes, toBase64Url } from '../bytes.ts'
import type { KeyPair, Primitives } from '../seal/primitives.ts'
import { certificateInput, deviceInput } from '../seal/signed.ts'

export interface TestDevice {
  readonly address: string
  readonly deviceId: string
  readonly x25519: KeyPair
  readonly ed25519: KeyPair
  readonly identity: KeyPair
  /** Encoded. */
  readonly certificate: Uint8Array
}

/** What a test may want to be different from the truth. */
export interface CertificateChanges {
  readonly issuedAt?: number
  readonly expiresAt?: number
  readonly address?: string
  readonly deviceId?: string
  readonly identity?: KeyPair
  readonly identitySigner?: KeyPair
  readonly realmSigner?: KeyPair
}

export interface TestRealm {
  readonly certificateKey: Uint8Array
  readonly device: (address: string, changes?: CertificateChanges) => Promise<TestDevice>
}

/** Certificates are valid for the 7 days from `now` (milliseconds since the epoch). */
export const createTestRealm = async (primitives: Primitives, now: number): Promise<TestRealm> => {
  const realm = await primitives.ed25519KeyPair()
  const issue = async (device: Omit<TestDevice, 'certificate'>, changes: CertificateChanges) => {
    const claims = toBinary(
      SenderClaimsSchema,
      create(SenderClaimsSchema, {
        address: changes.address ?? device.address,
        deviceId: device.deviceId,
        deviceX25519: device.x25519.publicKey,
        deviceEd25519: device.ed25519.publicKey,
        identityEd25519: device.identity.publicKey,
        issuedAt: BigInt(Math.floor((changes.issuedAt ?? now) / 1_000)),
        expiresAt: BigInt(Math.floor((changes.expiresAt ?? now + 7 * 86_400_000) / 1_000)),
      }),
    )
    const byIdentity = (changes.identitySigner ?? device.identity).secretKey
    const byRealm = (changes.realmSigner ?? realm).secretKey
    const keys = deviceInput(device.x25519.publicKey, device.ed25519.publicKey)
    const identitySignature = await primitives.sign(byIdentity, keys)
    const realmSignature = await primitives.sign(byRealm, certificateInput(claims))
    return toBinary(
      SenderCertificateSchema,
      create(SenderCertificateSchema, { claims, identitySignature, realmSignature }),
    )
  }
  return {
    certificateKey: realm.publicKey,
    device: async (address, changes = {}) => {
      const device = {
        address,
        deviceId: changes.deviceId ?? toBase64Url(randomBytes(16)),
        x25519: await primitives.x25519KeyPair(),
        ed25519: await primitives.ed25519KeyPair(),
        identity: changes.identity ?? (await primitives.ed25519KeyPair()),
      }
      return { ...device, certificate: await issue(device, changes) }
    },
  }
}
