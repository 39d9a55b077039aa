/** People all of whose particulars are canaries. */
import type { Network } from '@isthmus/runtime/address'
import { platformPrimitives } from '@isthmus/sdk/seal/primitives'
import { randomBytes, randomInt } from 'node:crypto'
import { addDevice, callDirectory, type Device, type Reachable } from '../../harness/people.ts'
import type { Canary } from './canaries.ts'
import type { Credentials } from './client.ts'
import type { CodeBox } from './code-box.ts'

export interface CanaryPerson {
  readonly device: Device
  /** What nobody may find anywhere. */
  readonly canaries: readonly Canary[]
}

export const word = (): string => randomBytes(5).toString('hex')

/** Of 13 digits, so that chance does not find it. */
const phone = (): string => `4915${String(randomInt(1e8, 9e8))}${randomInt(1, 9)}`

interface SignedUp {
  readonly handle: string
  readonly said: Readonly<Record<string, string>>
  readonly token: string
}

type SignUp = (relay: Reachable, codes: CodeBox) => Promise<SignedUp>

const signUpWhatsapp: SignUp = async (relay, codes) => {
  const handle = phone()
  const typed = `+${handle.slice(0, 2)} ${handle.slice(2, 5)} ${handle.slice(5, 8)}-${handle.slice(8)}`
  await callDirectory(relay, 'POST', '/v1/whatsapp/codes', undefined, { phone: typed })
  const code = await codes.codeOf(`+${handle}`)
  const body = { phone: `+${handle}`, code, reach: 'everyone' }
  const { accountToken } = await callDirectory(
    relay,
    'POST',
    '/v1/whatsapp/sign-in',
    undefined,
    body,
  )
  const said = { phone: typed, digits: handle, national: handle.slice(2) }
  return { handle, said, token: String(accountToken) }
}

const signUpInstagram: SignUp = async (relay) => {
  const name = word()
  const [handle, email, password] = [
    `canary_${name}`,
    `Canary.${name}@Aviary.Example`,
    `pass ${word()}`,
  ]
  const body = { handle, email, password, reach: 'everyone' }
  const { accountToken } = await callDirectory(
    relay,
    'POST',
    '/v1/instagram/sign-up',
    undefined,
    body,
  )
  const said = { handle, email, lower: email.toLowerCase(), password }
  return { handle, said, token: String(accountToken) }
}

/** By name and phone; the handle is made from the name. */
const signUpMessenger: SignUp = async (relay) => {
  const name = `Zoë "Canary" ${word()}`
  const [digits, password] = [phone(), `pässword ${word()}`]
  const body = { name, phone: `+${digits}`, password, reach: 'everyone' }
  const made = await callDirectory(relay, 'POST', '/v1/messenger/sign-up', undefined, body)
  const handle = String(made['address']).split(':')[1] ?? ''
  const said = { name, digits, password, handle }
  return { handle, said, token: String(made['accountToken']) }
}

const SIGN_UP: Record<Network, SignUp> = {
  whatsapp: signUpWhatsapp,
  instagram: signUpInstagram,
  messenger: signUpMessenger,
}

/** A new person with one device, open to everyone. */
export const signUpCanary = async (
  relay: Reachable,
  codes: CodeBox,
  network: Network,
): Promise<CanaryPerson> => {
  const { handle, said, token } = await SIGN_UP[network](relay, codes)
  const identity = await (await platformPrimitives()).ed25519KeyPair()
  const account = { network, handle, address: `${network}:${handle}`, token, identity }
  const device = await addDevice(relay, account)
  const known = Object.entries(said).map(([what, value]) => ({
    ...{ name: `${what} of ${network}`, value },
    guessable: true,
  }))
  return {
    device,
    canaries: [
      ...known,
      { name: `address of ${network}`, value: account.address, guessable: true },
      { name: `device token of ${network}`, value: device.token },
      { name: `account token of ${network}`, value: token },
      { name: `secret key of ${network}`, value: device.x25519.secretKey },
    ],
  }
}

export const credentialsOf = ({ device: { account, token } }: CanaryPerson): Credentials => ({
  network: account.network,
  handle: account.handle,
  token,
})
