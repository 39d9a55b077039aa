/** The directory with a token: devices, certificates, people, consents, reach, links. */
import { parseAddress, type Network } from '@isthmus/runtime/address'
import { toBase64Url } from '../bytes.ts'
import type { Credentials, Realm } from '../credentials.ts'
import { platformPrimitives, type KeyPair } from '../seal/primitives.ts'
import { deviceInput } from '../seal/signed.ts'
import type { Reach } from './directory.ts'
import { DirectoryError } from './error.ts'
import type { Http, Method } from './http.ts'
import { bytesField, listField, textField } from './read.ts'

/** A device that letters are sealed for. */
export interface PeerDevice {
  readonly deviceId: string
  /** Public keys, 32 bytes each. */
  readonly x25519: Uint8Array
  readonly ed25519: Uint8Array
  readonly identityKey: Uint8Array
  /** 64 bytes, by the identity key over the device's keys. Not checked yet. */
  readonly identitySignature: Uint8Array
}

export interface NewDevice {
  /** The account's address, as sign-up or sign-in gave it. */
  readonly address: string
  /** The account's identity pair from a device that has it; left out: a new one. */
  readonly identity?: KeyPair
  /** Replaces the account's identity by this one and revokes all older devices. */
  readonly replaceIdentity?: boolean
}

export interface ReachChoice {
  readonly policy: Reach
  /** The linked accounts on which one is reached; left out: all. */
  readonly networks?: readonly Network[]
}

/** Everything throws DirectoryError. */
export interface DirectorySession {
  /** Makes a device's keys and registers it. Account token. */
  readonly registerDevice: (device: NewDevice) => Promise<Credentials>
  /** The ids of one's own devices. */
  readonly ownDevices: () => Promise<readonly string[]>
  /**
   * Revokes a device: its token is dead, its mailbox removed. With a device token only that device
   * itself, with an account token any of the account's.
   */
  readonly removeDevice: (deviceId: string) => Promise<void>
  /** A fresh certificate, an encoded SenderCertificate. Device token. */
  readonly renewCertificate: (address: string) => Promise<Uint8Array>
  /** A person's devices. `unknown-recipient` also for those who did not allow the caller. */
  readonly devicesOf: (address: string) => Promise<readonly PeerDevice[]>
  readonly allow: (address: string) => Promise<void>
  readonly block: (address: string) => Promise<void>
  /** Takes back what `allow` or `block` said. */
  readonly forget: (address: string) => Promise<void>
  readonly setReach: (choice: ReachChoice) => Promise<void>
  /** Makes this account and that of the other account token one person's. Account token. */
  readonly link: (otherAccountToken: string) => Promise<void>
  /** Takes this account out of its person. Account token. */
  readonly unlink: () => Promise<void>
}

const readPeer = (answer: unknown): PeerDevice => ({
  deviceId: textField(answer, 'deviceId'),
  x25519: bytesField(answer, 'x25519', 32),
  ed25519: bytesField(answer, 'ed25519', 32),
  identityKey: bytesField(answer, 'identityKey', 32),
  identitySignature: bytesField(answer, 'identitySignature', 64),
})

/** @throws DirectoryError `malformed`, so that a typing error does not become a path. */
const pathOf = (folder: string, address: string, rest = ''): string => {
  const parsed = parseAddress(address)
  if (!parsed) throw new DirectoryError('malformed', { detail: 'not an address, network:handle' })
  return `/v1/${folder}/${parsed.network}/${encodeURIComponent(parsed.handle)}${rest}`
}

export const createSession = (
  http: Http,
  token: string,
  realm: () => Promise<Realm>,
): DirectorySession => {
  const ask = (method: Method, path: string, body?: object): Promise<unknown> =>
    http({ method, path, token, ...(body === undefined ? {} : { body }) })
  const say = async (method: Method, path: string, body?: object): Promise<void> =>
    void (await ask(method, path, body))
  return {
    registerDevice: async (device) => register(ask, await realm(), device),
    ownDevices: async () => {
      const devices = listField(await ask('GET', '/v1/devices'), 'devices')
      return devices.map((device) => textField(device, 'deviceId'))
    },
    removeDevice: (deviceId) => say('DELETE', `/v1/devices/${encodeURIComponent(deviceId)}`),
    renewCertificate: async (address) =>
      bytesField(await ask('POST', '/v1/certificates', { address }), 'certificate'),
    devicesOf: async (address) =>
      listField(await ask('GET', pathOf('people', address, '/devices')), 'devices').map(readPeer),
    allow: async (address) => say('PUT', pathOf('consents', address), { consent: 'allowed' }),
    block: async (address) => say('PUT', pathOf('consents', address), { consent: 'blocked' }),
    forget: async (address) => say('DELETE', pathOf('consents', address)),
    setReach: (choice) => say('PUT', '/v1/reach', choice),
    link: (accountToken) => say('POST', '/v1/links', { accountToken }),
    unlink: () => say('DELETE', '/v1/links'),
  }
}

const register = async (
  ask: (method: Method, path: string, body?: object) => Promise<unknown>,
  realm: Realm,
  device: NewDevice,
): Promise<Credentials> => {
  const curves = await platformPrimitives()
  const [x25519, ed25519] = await Promise.all([curves.x25519KeyPair(), curves.ed25519KeyPair()])
  const identity = device.identity ?? (await curves.ed25519KeyPair())
  const keys = deviceInput(x25519.publicKey, ed25519.publicKey)
  const answer = await ask('POST', '/v1/devices', {
    address: device.address,
    x25519: toBase64Url(x25519.publicKey),
    ed25519: toBase64Url(ed25519.publicKey),
    identityKey: toBase64Url(identity.publicKey),
    identitySignature: toBase64Url(await curves.sign(identity.secretKey, keys)),
    ...(device.replaceIdentity ? { replaceIdentity: true } : {}),
  })
  return {
    address: device.address,
    deviceId: textField(answer, 'deviceId'),
    deviceToken: textField(answer, 'deviceToken'),
    certificate: bytesField(answer, 'certificate'),
    ...{ x25519, ed25519, identity, realm },
  }
}
