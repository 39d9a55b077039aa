/** What a registered device needs to keep, and a form to keep it in. */
import { fromBase64Url, toBase64Url } from './bytes.ts'
import type { KeyPair } from './seal/primitives.ts'

export interface Realm {
  /** The realm's domain, for example "isthmus.example". */
  readonly name: string
  /** The Ed25519 public key that signs certificates, 32 bytes. */
  readonly certificateKey: Uint8Array
}

/**
 * All of it is secret but the public keys. The identity pair is the account's: whoever has it can
 * vouch for further devices.
 */
export interface Credentials {
  /** `network:handle`. */
  readonly address: string
  readonly deviceId: string
  readonly deviceToken: string
  readonly x25519: KeyPair
  readonly ed25519: KeyPair
  readonly identity: KeyPair
  /** An encoded SenderCertificate. */
  readonly certificate: Uint8Array
  /** As it was at registration; later answers of the directory do not change it. */
  readonly realm: Realm
}

const pairToText = ({ publicKey, secretKey }: KeyPair) => ({
  publicKey: toBase64Url(publicKey),
  secretKey: toBase64Url(secretKey),
})

/** One line of JSON. It holds secrets: keep it where only the user can read it. */
export const encodeCredentials = (credentials: Credentials): string =>
  JSON.stringify({
    ...credentials,
    x25519: pairToText(credentials.x25519),
    ed25519: pairToText(credentials.ed25519),
    identity: pairToText(credentials.identity),
    certificate: toBase64Url(credentials.certificate),
    realm: {
      name: credentials.realm.name,
      certificateKey: toBase64Url(credentials.realm.certificateKey),
    },
  })

type Texts = Record<string, string>

const pairFromText = (pair: Texts): KeyPair => ({
  publicKey: fromBase64Url(pair['publicKey'] ?? ''),
  secretKey: fromBase64Url(pair['secretKey'] ?? ''),
})

/** @throws RangeError if the text is not of `encodeCredentials`' making. */
export const decodeCredentials = (text: string): Credentials => {
  try {
    const read = JSON.parse(text) as Texts &
      Record<'realm' | 'x25519' | 'ed25519' | 'identity', Texts>
    const credentials: Credentials = {
      address: String(read['address']),
      deviceId: String(read['deviceId']),
      deviceToken: String(read['deviceToken']),
      x25519: pairFromText(read.x25519),
      ed25519: pairFromText(read.ed25519),
      identity: pairFromText(read.identity),
      certificate: fromBase64Url(read['certificate'] ?? ''),
      realm: {
        name: String(read.realm['name']),
        certificateKey: fromBase64Url(read.realm['certificateKey'] ?? ''),
      },
    }
    const pairs = [credentials.x25519, credentials.ed25519, credentials.identity]
    const keys = pairs.flatMap((pair) => [pair.publicKey, pair.secretKey])
    if (keys.some((key) => key.length !== 32)) throw new RangeError('a key is not 32 bytes')
    return credentials
  } catch (error) {
    throw new RangeError('these are not encoded credentials', { cause: error })
  }
}
