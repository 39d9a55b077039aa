import type { IdKeys } from '@isthmus/runtime/ids'

/**
 * The SCRAM salt of any account id, 16 bytes. It is a keyed hash and not random, so that it is the
 * same whether the account exists or not, and does not change when somebody signs up: a salt that
 * anybody may ask for must not tell who is here.
 */
export const scramSalt = (ids: IdKeys, accountId: string): Uint8Array =>
  new Uint8Array(Buffer.from(ids.lookupKey('scram-salt', accountId), 'base64url'))
