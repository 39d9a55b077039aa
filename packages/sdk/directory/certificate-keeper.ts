/** The device's own certificate, renewed in time. */
import { fromBinary } from '@bufbuild/protobuf'
import { SenderCertificateSchema } from '@isthmus/proto/gen/isthmus/v1/content_pb'
import type { Clock } from '../clock.ts'
import { readClaims } from '../seal/certificate.ts'

/** Renewal begins when this part of a certificate's life is left. */
const RENEW_WHEN_LEFT = 1 / 4
/** After a renewal that failed, the next try waits so long as the old one is still good. */
const RETRY_MS = 60_000

export interface CertificateKeeper {
  /**
   * A certificate that is valid now.
   * @throws DirectoryError if the old one is over and no new one can be had.
   */
  readonly current: () => Promise<Uint8Array>
}

export interface CertificateKeeperOptions {
  readonly certificate: Uint8Array
  readonly renew: () => Promise<Uint8Array>
  /** Called with each new certificate. */
  readonly keep: (certificate: Uint8Array) => void
  readonly clock: Clock
}

const lifeOf = (certificate: Uint8Array): { readonly from: number; readonly to: number } => {
  const { claims } = fromBinary(SenderCertificateSchema, certificate)
  const { issuedAt, expiresAt } = readClaims(claims)
  return { from: issuedAt, to: expiresAt }
}

export const createCertificateKeeper = (options: CertificateKeeperOptions): CertificateKeeper => {
  const { clock } = options
  let certificate = options.certificate
  let life = lifeOf(certificate)
  let renewing: Promise<void> | undefined
  let notBefore = 0
  const renew = async (): Promise<void> => {
    notBefore = clock.now() + RETRY_MS
    const renewed = await options.renew()
    life = lifeOf(renewed)
    certificate = renewed
    options.keep(renewed)
  }
  const renewOnce = (): Promise<void> =>
    (renewing ??= renew().finally(() => {
      renewing = undefined
    }))
  return {
    current: async () => {
      const now = clock.now()
      if (now >= life.to) await renewOnce()
      else if (life.to - now < (life.to - life.from) * RENEW_WHEN_LEFT && now >= notBefore) {
        // The old one serves meanwhile, and if this fails.
        renewOnce().catch(() => undefined)
      }
      return certificate
    },
  }
}
