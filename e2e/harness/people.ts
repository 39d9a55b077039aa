/** People who sign up over the public API, with devices whose keys were made here. */
import { create, toBinary } from '@bufbuild/protobuf'
import { ContentSchema, type Content } from '@isthmus/proto/gen/isthmus/v1/content_pb'
import type { Address, Network } from '@isthmus/runtime/address'
import { openLetter, sealLetter } from '@isthmus/sdk/seal/letter'
import { platformPrimitives, type KeyPair } from '@isthmus/sdk/seal/primitives'
import { deviceInput } from '@isthmus/sdk/seal/signed'
import { randomUUID } from 'node:crypto'
import type { RelayProcess } from './relay.ts'

export interface Account {
  readonly network: Network
  readonly handle: string
  readonly address: string
  readonly token: string
  readonly identity: KeyPair
}

export type Reach = 'everyone' | 'allowed'

/** A relay, of which no more is known than where it listens. */
export type Reachable = Pick<RelayProcess, 'urls'>

export interface Device {
  readonly account: Account
  readonly id: string
  readonly token: string
  readonly certificate: Uint8Array
  readonly x25519: KeyPair
  readonly ed25519: KeyPair
}

export interface Letter {
  readonly device: string
  readonly sealed: Uint8Array
}

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

export const PASSWORD = 'correct horse battery staple'

/** Calls the directory; anything but success throws with the answer. */
export const callDirectory = async (
  relay: Reachable,
  method: string,
  path: string,
  token?: string,
  body?: object,
): Promise<Record<string, unknown>> => {
  const response = await fetch(relay.urls.directory + path, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
}

const signUpRequest = async (
  relay: RelayProcess,
  network: Network,
  handle: string,
  said: { readonly reach?: Reach },
): Promise<Record<string, unknown>> => {
  if (network === 'whatsapp') {
    const phone = `+${handle}`
    await callDirectory(relay, 'POST', '/v1/whatsapp/codes', undefined, { phone })
    const found = new RegExp(`code for \\+?${handle}: (\\d{6})`)
    const code = found.exec(await relay.says((output) => found.test(output)))?.[1]
    return callDirectory(relay, 'POST', '/v1/whatsapp/sign-in', undefined, { phone, code, ...said })
  }
  const email = `${handle}@mail.example`
  const named = network === 'messenger' ? { name: handle } : {}
  const body = { handle, email, password: PASSWORD, ...said, ...named }
  return callDirectory(relay, 'POST', `/v1/${network}/sign-up`, undefined, body)
}

/**
 * Signs a person up.
 * @param reach who may write to them; `default`: it is not said, and the relay's default holds.
 */
export const signUp = async (
  relay: RelayProcess,
  network: Network,
  handle: string,
  reach: Reach | 'default' = 'everyone',
): Promise<Account> => {
  const said = reach === 'default' ? {} : { reach }
  const { accountToken } = await signUpRequest(relay, network, handle, said)
  const identity = await (await platformPrimitives()).ed25519KeyPair()
  const address = `${network}:${handle}`
  return { network, handle, address, token: String(accountToken), identity }
}

/** Registers another device of an account. */
export const addDevice = async (relay: Reachable, account: Account): Promise<Device> => {
  const curves = await platformPrimitives()
  const x25519 = await curves.x25519KeyPair()
  const ed25519 = await curves.ed25519KeyPair()
  const input = deviceInput(x25519.publicKey, ed25519.publicKey)
  const registered = await callDirectory(relay, 'POST', '/v1/devices', account.token, {
    address: account.address,
    x25519: base64url(x25519.publicKey),
    ed25519: base64url(ed25519.publicKey),
    identityKey: base64url(account.identity.publicKey),
    identitySignature: base64url(await curves.sign(account.identity.secretKey, input)),
  })
  return {
    account,
    id: String(registered['deviceId']),
    token: String(registered['deviceToken']),
    certificate: Buffer.from(String(registered['certificate']), 'base64url'),
    x25519,
    ed25519,
  }
}

export interface ListedDevice {
  readonly deviceId: string
  readonly x25519: string
}

/** The devices at which somebody is reached, as the directory lists them now. */
export const devicesOf = async (
  relay: Reachable,
  asking: Device,
  { network, handle }: Address,
): Promise<readonly ListedDevice[]> => {
  const path = `/v1/people/${network}/${handle}/devices`
  const { devices } = await callDirectory(relay, 'GET', path, asking.token)
  return devices as ListedDevice[]
}

/** Seals a text once for each device. */
export const sealFor = async (
  from: Device,
  to: Address,
  devices: readonly ListedDevice[],
  body: string,
): Promise<Letter[]> => {
  const content = create(ContentSchema, {
    id: randomUUID(),
    sentAt: BigInt(Date.now()),
    to: `${to.network}:${to.handle}`,
    kind: { case: 'text', value: { body } },
  })
  const encoded = toBinary(ContentSchema, content)
  return Promise.all(
    devices.map(async ({ deviceId, x25519 }) => ({
      device: deviceId,
      sealed: await sealLetter(encoded, from, Buffer.from(x25519, 'base64url')),
    })),
  )
}

export interface Opened {
  readonly from: string
  readonly text: string
  readonly content: Content
}

/** Opens a letter on a device and checks who signed it. */
export const openOn = async (
  relay: RelayProcess,
  device: Device,
  sealed: Uint8Array,
  acceptedAt: number,
): Promise<Opened> => {
  const realmKey = await relay.realmKey()
  const { sender, content } = await openLetter(sealed, device.x25519, { realmKey, acceptedAt })
  const text = content.kind.case === 'text' ? content.kind.value.body : ''
  return { from: sender.address, text, content }
}
