/** Records to test with; what a test does not name is made up, and different each time. */
import { randomBytes } from 'node:crypto'
import { randomId, type AccountId, type DeviceId, type PairTag } from '@isthmus/runtime/ids'
import type { AccountRecord, ConsentRecord, DeviceRecord, PersonRecord } from '../port.ts'

export const bytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
export const secret = (): string => randomBytes(32).toString('base64url')
export const accountId = (): AccountId => randomId() as AccountId
export const pairTag = (): PairTag => randomId() as PairTag

export const device = (given: Partial<DeviceRecord> = {}): DeviceRecord => ({
  id: randomId() as DeviceId,
  tokenHash: secret(),
  x25519: bytes(32),
  ed25519: bytes(32),
  identitySignature: bytes(64),
  scramStoredKey: bytes(32),
  scramServerKey: bytes(32),
  registeredAt: 1_795_411_827_432,
  ...given,
})

export const account = (given: Partial<AccountRecord> = {}): AccountRecord => ({
  id: accountId(),
  version: 1,
  network: 'instagram',
  personId: randomId(),
  identityKey: undefined,
  passwordHash: undefined,
  devices: [],
  ...given,
})

export const personOf = (
  owner: AccountRecord,
  given: Partial<PersonRecord> = {},
): PersonRecord => ({
  id: owner.personId,
  version: 1,
  accountIds: [owner.id],
  reach: 'allowed',
  networks: undefined,
  ...given,
})

export const consent = (given: Partial<ConsentRecord> = {}): ConsentRecord => {
  const tag = given.tag ?? pairTag()
  return {
    tag,
    about: tag,
    owner: randomId(),
    consent: 'allowed',
    sealedPeer: bytes(60),
    ...given,
  }
}
