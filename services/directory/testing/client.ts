/** A client of the HTTP API, as small as one can be, and people who sign up with it. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { deviceBytes } from '../crypto/certificates.ts'
import type { Harness } from './harness.ts'

/** All members that answers have; a test expects those that it reads. */
export interface Body {
  readonly code?: string
  readonly retryAfterMs: number
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[]
  readonly realm: string
  readonly certificateKey: string
  readonly accountToken: string
  readonly address: string
  readonly created: boolean
  readonly deviceId: string
  readonly deviceToken: string
  readonly certificate: string
  readonly devices: readonly { readonly deviceId: string; readonly identityKey: string }[]
  readonly accounts: number
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; an empty object if there is none. */
  readonly json: Body
}

export const request = async (
  url: string,
  method: string,
  path: string,
  given: { readonly token?: string; readonly body?: unknown; readonly headers?: object } = {},
): Promise<Reply> => {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(given.token !== undefined && { authorization: `Bearer ${given.token}` }),
      ...(given.body !== undefined && { 'content-type': 'application/json' }),
      ...given.headers,
    },
    ...(given.body !== undefined && {
      body: typeof given.body === 'string' ? given.body : JSON.stringify(given.body),
    }),
  })
  const text = await response.text()
  const json = JSON.parse(text === '' ? '{}' : text) as Body
  return { status: response.status, headers: response.headers, text, json }
}

const raw = (key: KeyObject): Buffer => key.export({ format: 'raw-public' })
export const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

export interface Identity {
  readonly privateKey: KeyObject
  readonly publicKey: Buffer
}

export const newIdentity = (): Identity => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { privateKey, publicKey: raw(publicKey) }
}

/** Keys for a new device, signed by the identity, as POST /v1/devices takes them. */
export const deviceRequest = (address: string, identity: Identity) => {
  const x25519 = raw(generateKeyPairSync('x25519').publicKey)
  const ed25519 = raw(generateKeyPairSync('ed25519').publicKey)
  const signature = sign(undefined, deviceBytes(x25519, ed25519), identity.privateKey)
  return {
    address,
    x25519: base64url(x25519),
    ed25519: base64url(ed25519),
    identityKey: base64url(identity.publicKey),
    identitySignature: base64url(signature),
  }
}

export interface Person {
  readonly address: string
  /** `network/handle`, as paths have it. */
  readonly path: string
  readonly accountToken: string
  readonly identity: Identity
}

export interface PersonWithDevice extends Person {
  readonly deviceId: string
  readonly deviceToken: string
  readonly certificate: string
}

const asPerson = (address: string, accountToken: string): Person => ({
  address,
  path: address.replace(':', '/'),
  accountToken,
  identity: newIdentity(),
})

export const PASSWORD = 'correct horse battery'

export const signUpInstagram = async (
  { url }: Harness,
  handle: string,
  reach = 'allowed',
): Promise<Person> => {
  const body = { handle, email: `${handle}@example.org`, password: PASSWORD, reach }
  const { json } = await request(url, 'POST', '/v1/instagram/sign-up', { body })
  return asPerson(json.address, json.accountToken)
}

export const signInWhatsapp = async (
  { url, codes }: Harness,
  phone: string,
  reach = 'allowed',
): Promise<Person> => {
  await request(url, 'POST', '/v1/whatsapp/codes', { body: { phone } })
  const code = codes.get(`+${phone.replace('+', '')}`)
  const body = { phone, code, reach }
  const { json } = await request(url, 'POST', '/v1/whatsapp/sign-in', { body })
  return asPerson(json.address, json.accountToken)
}

export const addDevice = async ({ url }: Harness, person: Person): Promise<PersonWithDevice> => {
  const body = deviceRequest(person.address, person.identity)
  const reply = await request(url, 'POST', '/v1/devices', { token: person.accountToken, body })
  if (reply.status !== 201) throw new Error(`no device: ${reply.text}`)
  const { deviceId, deviceToken, certificate } = reply.json
  return { ...person, deviceId, deviceToken, certificate }
}
