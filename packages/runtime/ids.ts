/**
 * The ids that cross the bus and lie in stores. Each is 22 characters of unpadded base64url, 128
 * bits, either random or a keyed hash. Their alphabet holds no dot, star, space or control
 * character, so that none can be read as more than one token of a bus subject.
 */
import { createHmac, hash, hkdfSync, randomBytes } from 'node:crypto'

declare const brand: unique symbol
type Brand<Name extends string> = string & { readonly [brand]: Name }

/** Keyed hash of an address. */
export type AccountId = Brand<'AccountId'>
/** Random, given by the directory. Also the name of the device's mailbox. */
export type DeviceId = Brand<'DeviceId'>
/** Keyed hash of a recipient's and a sender's account id. */
export type PairTag = Brand<'PairTag'>
/** Random, one for each attached socket. */
export type SessionId = Brand<'SessionId'>

const ID = /^[A-Za-z0-9_-]{22}$/

export const isId = (text: string): boolean => ID.test(text)

/** 128 random bits. */
export const randomId = (): string => randomBytes(16).toString('base64url')

export interface IdKeys {
  readonly accountId: (address: string) => AccountId
  readonly pairTag: (recipient: AccountId, sender: AccountId) => PairTag
  /** 16 bytes that tell a repetition of a device's submission id and nothing else. */
  readonly submissionKey: (device: DeviceId, submissionId: string) => Uint8Array
  /** For anything else that must be looked up but not be readable: e-mail addresses, phones. */
  readonly lookupKey: (purpose: string, value: string) => string
}

const subkey = (secret: Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, new Uint8Array(0), `isthmus/v1/${purpose}`, 32))

/**
 * The realm's keyed hashes.
 * @param secret the realm's secret, at least 32 bytes; every service of a realm shares it.
 */
export const idKeys = (secret: Uint8Array): IdKeys => {
  if (secret.length < 32) throw new RangeError('the realm secret must be at least 32 bytes')
  const account = subkey(secret, 'account')
  const pair = subkey(secret, 'pair')
  const submission = subkey(secret, 'submission').toString('base64url')
  const lookup = subkey(secret, 'lookup')
  const tag = (key: Buffer, text: string): string =>
    createHmac('sha256', key).update(text).digest().subarray(0, 16).toString('base64url')
  return {
    accountId: (address) => tag(account, address) as AccountId,
    pairTag: (recipient, sender) => tag(pair, `${recipient}${sender}`) as PairTag,
    // The key and the device id have a fixed length and the digest is cut short, so a plain hash
    // with the key in front is a sound MAC here (no length extension), at half of HMAC's cost. As
    // a string the digest costs a third of what it costs as a buffer of its own.
    submissionKey: (device, submissionId) => {
      const digest = hash('sha256', submission + device + submissionId, 'latin1')
      return Buffer.from(digest.slice(0, 16), 'latin1')
    },
    lookupKey: (purpose, value) => tag(lookup, `${purpose}\0${value}`),
  }
}
