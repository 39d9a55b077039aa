/** Seals a message for each device of its recipient. */
import { toBase64 } from '../bytes.ts'
import type { Credentials } from '../credentials.ts'
import type { CertificateKeeper } from '../directory/certificate-keeper.ts'
import type { DeviceCache } from '../directory/device-cache.ts'
import { DirectoryError } from '../directory/error.ts'
import type { SendCode } from '../errors.ts'
import { SealError } from '../seal/error.ts'
import { sealLetter } from '../seal/letter.ts'
import type { Primitives } from '../seal/primitives.ts'
import type { SealedLetter } from '../transports/port.ts'
import type { OutboxEntry, Setback } from './outbox.ts'

export interface SealedFor {
  readonly letters: readonly SealedLetter[]
  /** The devices' X25519 keys in base64. */
  readonly deviceKeys: readonly string[]
}

export interface SealerDeps {
  readonly credentials: Credentials
  readonly devices: DeviceCache
  readonly certificates: CertificateKeeper
  readonly primitives: Primitives
  /** Called with each device's identity key before anything is sealed for it. */
  readonly met: (address: string, identityKey: Uint8Array) => void
}

/** Its errors are read by `toSetback`. */
export const sealFor = async (deps: SealerDeps, entry: OutboxEntry): Promise<SealedFor> => {
  const devices = await deps.devices.devicesOf(entry.to)
  if (devices.length === 0) throw new DirectoryError('unknown-recipient')
  for (const { identityKey } of devices) deps.met(entry.to, identityKey)
  const certificate = await deps.certificates.current()
  const sender = { certificate, ed25519: deps.credentials.ed25519 }
  const letters = await Promise.all(
    devices.map(async ({ deviceId, x25519 }) => ({
      deviceId,
      sealed: await sealLetter(entry.content, sender, x25519, deps.primitives),
    })),
  )
  return { letters, deviceKeys: devices.map(({ x25519 }) => toBase64(x25519)) }
}

/** What an error of `sealFor` means for the message. */
export const toSetback = (cause: unknown): Setback => {
  const retryAfterMs = cause instanceof DirectoryError ? cause.retryAfterMs : undefined
  return { code: toCode(cause), retryAfterMs, cause }
}

const toCode = (error: unknown): SendCode => {
  if (error instanceof SealError) return 'bad-certificate'
  if (error instanceof RangeError) return 'too-large'
  if (!(error instanceof DirectoryError)) return 'malformed'
  const { code } = error
  if (code === 'rate-limited' || code === 'unknown-recipient' || code === 'unauthenticated') {
    return code
  }
  return error.isTransient ? 'unavailable' : 'forbidden'
}
