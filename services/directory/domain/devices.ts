/** Devices: registering, certifying, revoking. */
import type { AccountRecord, DeviceRecord } from '@isthmus/directory-store/port'
import { formatAddress, type Address } from '@isthmus/runtime/address'
import { randomId, type AccountId, type DeviceId } from '@isthmus/runtime/ids'
import { deviceBytes } from '../crypto/certificates.ts'
import { isUsableEd25519, isUsableX25519, verifyEd25519 } from '../crypto/keys.ts'
import { SCRAM_ITERATIONS, scramKeys } from '../crypto/scram.ts'
import { newToken, tokenHash } from '../crypto/tokens.ts'
import { Problem } from '../problems.ts'
import { MAX_DEVICES_OF_ACCOUNT, accountIdOf, updateAccount, type Directory } from './directory.ts'
import { accountsOfPerson } from './people.ts'
import { scramSalt } from './scram-salt.ts'

export interface NewDevice {
  readonly address: Address
  readonly x25519: Uint8Array
  readonly ed25519: Uint8Array
  readonly identityKey: Uint8Array
  readonly identitySignature: Uint8Array
  /** Puts another identity key in the place of the account's, and revokes all older devices. */
  readonly replaceIdentity: boolean
}

export interface RegisteredDevice {
  readonly deviceId: DeviceId
  readonly deviceToken: string
  readonly certificate: Uint8Array
}

const checkKeys = (device: NewDevice): void => {
  const { x25519, ed25519, identityKey, identitySignature } = device
  const usable = isUsableX25519(x25519) && isUsableEd25519(ed25519) && isUsableEd25519(identityKey)
  if (!usable) throw new Problem('weak-key')
  if (!verifyEd25519(identityKey, deviceBytes(x25519, ed25519), identitySignature)) {
    throw new Problem('bad-signature')
  }
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(b)

/** The account with one more device, or with that device alone if its identity is replaced. */
const withDevice = (
  account: AccountRecord,
  device: DeviceRecord,
  { identityKey, replaceIdentity }: NewDevice,
): AccountRecord => {
  const sameIdentity = !account.identityKey || sameBytes(account.identityKey, identityKey)
  if (!sameIdentity && !replaceIdentity) throw new Problem('identity-mismatch')
  const kept = sameIdentity ? account.devices : []
  if (kept.length >= MAX_DEVICES_OF_ACCOUNT) throw new Problem('too-many-devices')
  return { ...account, identityKey, devices: [...kept, device] }
}

/** The address counts because the directory does not know it; it must hash to the account. */
const checkAddress = (directory: Directory, accountId: AccountId, address: Address): void => {
  if (accountIdOf(directory, address) !== accountId) throw new Problem('address-mismatch')
}

/** Announces what changed, and removes the mailboxes of devices whose tokens are dead already. */
const announce = async (
  { changed, mailboxes, log }: Directory,
  accountIds: AccountId[],
  revoked: readonly DeviceRecord[],
): Promise<void> => {
  changed({ accountIds, revokedDeviceIds: revoked.map(({ id }) => id) })
  const removals = revoked.map(({ id: device }) =>
    mailboxes.remove(device).catch((err: unknown) => {
      log.error({ err, device }, 'a revoked device’s mailbox stays until its letters expire')
    }),
  )
  await Promise.all(removals)
}

export const registerDevice = async (
  directory: Directory,
  accountId: AccountId,
  request: NewDevice,
): Promise<RegisteredDevice> => {
  checkAddress(directory, accountId, request.address)
  checkKeys(request)
  const deviceToken = newToken('device')
  const scram = await scramKeys(deviceToken, scramSalt(directory.ids, accountId), SCRAM_ITERATIONS)
  const { x25519, ed25519, identityKey, identitySignature } = request
  const device: DeviceRecord = {
    id: randomId() as DeviceId,
    tokenHash: tokenHash(deviceToken),
    x25519,
    ed25519,
    identitySignature,
    scramStoredKey: scram.storedKey,
    scramServerKey: scram.serverKey,
    registeredAt: directory.clock.now(),
  }
  const accountIds = await accountsOfPerson(directory, accountId)
  let revoked: readonly DeviceRecord[] = []
  await updateAccount(directory, accountId, (account) => {
    const next = withDevice(account, device, request)
    revoked = account.devices.filter((older) => !next.devices.includes(older))
    return next
  })
  await announce(directory, accountIds, revoked)
  const certificate = issue(directory, request.address, device, identityKey)
  return { deviceId: device.id, deviceToken, certificate }
}

const issue = (
  { issuer, clock }: Directory,
  address: Address,
  device: DeviceRecord,
  identityKey: Uint8Array,
): Uint8Array => {
  const { id: deviceId, x25519, ed25519, identitySignature } = device
  const keys = { x25519, ed25519, identityKey, identitySignature }
  return issuer.issue({ address: formatAddress(address), deviceId, ...keys }, clock.now())
}

/** A fresh certificate for a device. */
export const renewCertificate = async (
  directory: Directory,
  accountId: AccountId,
  deviceId: DeviceId,
  address: Address,
): Promise<Uint8Array> => {
  checkAddress(directory, accountId, address)
  const account = await directory.store.account(accountId)
  const device = account?.devices.find(({ id }) => id === deviceId)
  if (!device || !account?.identityKey) throw new Problem('unauthenticated')
  return issue(directory, address, device, account.identityKey)
}

/** Revokes a device: its token is dead, its sockets are closed, its mailbox is removed. */
export const removeDevice = async (
  directory: Directory,
  accountId: AccountId,
  deviceId: string,
): Promise<void> => {
  const accountIds = await accountsOfPerson(directory, accountId)
  let removed: readonly DeviceRecord[] = []
  await updateAccount(directory, accountId, (account) => {
    removed = account.devices.filter(({ id }) => id === deviceId)
    if (removed.length === 0) throw new Problem('unknown-device')
    return { ...account, devices: account.devices.filter(({ id }) => id !== deviceId) }
  })
  await announce(directory, accountIds, removed)
}
