/** SASL (RFC 6120, section 6): PLAIN and SCRAM-SHA-256. */
import type { Authentication } from '@isthmus/gateway-core/protocol'
import type { ScramReply } from '@isthmus/proto/codec'
import { addressOf, type Address } from '@isthmus/runtime/address'
import type { DeviceId } from '@isthmus/runtime/ids'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { attribute, xml, type Element } from './element.ts'
import { NS } from './namespaces.ts'
import { fail } from './sasl-failure.ts'
import { parsePlain } from './sasl-plain.ts'
import {
  challenge,
  parseClientFirst,
  verifyClientFinal,
  type Challenge,
  type ClientFirst,
} from './scram.ts'
import type { Stream } from './stream.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'

type Mechanism = 'SCRAM-SHA-256' | 'PLAIN'

/** An exchange under way; `asked` ones wait for the directory. */
export type Exchange =
  | { readonly step: 'initial'; readonly mechanism: Mechanism }
  | { readonly step: 'password-asked'; readonly address: Address; readonly aborted: boolean }
  | {
      readonly step: 'verifiers-asked'
      readonly address: Address
      readonly clientFirst: ClientFirst
      readonly aborted: boolean
    }
  | { readonly step: 'proof'; readonly address: Address; readonly challenge: Challenge }

const MECHANISMS: readonly Mechanism[] = ['SCRAM-SHA-256', 'PLAIN']

export const MECHANISMS_FEATURE = xml(
  'mechanisms',
  { xmlns: NS.sasl },
  MECHANISMS.map((mechanism) => xml('mechanism', {}, mechanism)).join(''),
)

export const receiveAuth = (stream: Stream, element: Element): void => {
  stream.authentications += 1
  const mechanism = MECHANISMS.find((name) => name === attribute(element, 'mechanism'))
  if (!mechanism) {
    fail(stream, 'invalid-mechanism')
    return
  }
  stream.exchange = { step: 'initial', mechanism }
  if (element.text === '') {
    // No initial response: "a server challenge with no data" asks for it (RFC 4422, section 5).
    stream.state = 'challenged'
    stream.send(xml('challenge', { xmlns: NS.sasl }))
    return
  }
  receiveResponse(stream, element)
}

export const receiveResponse = (stream: Stream, element: Element): void => {
  // "=" is how an empty initial response is written (RFC 6120, section 6.4.2).
  const bytes = decodeBase64(element.text === '=' ? '' : element.text)
  const { exchange } = stream
  if (!bytes) fail(stream, 'incorrect-encoding')
  else if (exchange?.step === 'proof') checkProof(stream, exchange, bytes)
  else if (exchange?.step !== 'initial') fail(stream, 'malformed-request')
  else if (exchange.mechanism === 'PLAIN') beginPlain(stream, bytes)
  else beginScram(stream, bytes)
}

/** While the directory is asked, the failure waits for its answer: it is asked one thing a time. */
export const receiveAbort = (stream: Stream): void => {
  const { exchange } = stream
  if (exchange?.step === 'password-asked' || exchange?.step === 'verifiers-asked') {
    stream.exchange = { ...exchange, aborted: true }
  } else {
    fail(stream, 'aborted')
  }
}

const beginPlain = (stream: Stream, bytes: Uint8Array): void => {
  const credentials = parsePlain(bytes)
  if (!credentials) {
    fail(stream, 'malformed-request')
    return
  }
  const address = claimedAddress(stream, credentials.authcid, credentials.authzid)
  if (!address) return
  stream.state = 'verifying'
  stream.exchange = { step: 'password-asked', address, aborted: false }
  stream.effects.authenticate(address, credentials.password)
}

const beginScram = (stream: Stream, bytes: Uint8Array): void => {
  const text = decodeUtf8(bytes)
  const clientFirst = text === undefined ? undefined : parseClientFirst(text)
  if (!clientFirst) {
    fail(stream, 'malformed-request')
    return
  }
  const address = claimedAddress(stream, clientFirst.username, clientFirst.authzid)
  if (!address) return
  stream.state = 'verifying'
  stream.exchange = { step: 'verifiers-asked', address, clientFirst, aborted: false }
  stream.effects.lookUpScram(address)
}

/** Who the client says it is. A name that can't be a handle fails like a wrong one. */
const claimedAddress = (stream: Stream, name: string, authzid: string): Address | undefined => {
  const address = addressOf('whatsapp', name)
  if (!address) fail(stream, 'not-authorized')
  else if (authzid === '' || authzid === `${name}@${stream.host.domain}`) return address
  else fail(stream, 'invalid-authzid')
  return undefined
}

/** The directory's word on PLAIN. */
export const passwordChecked = (stream: Stream, outcome: Authentication): void => {
  const { exchange } = stream
  if (stream.state !== 'verifying' || exchange?.step !== 'password-asked') return
  if (exchange.aborted) fail(stream, 'aborted')
  else if (outcome.outcome === 'accepted') succeed(stream, exchange.address, outcome.device)
  else if (outcome.outcome === 'refused') fail(stream, 'not-authorized')
  else fail(stream, 'temporary-auth-failure')
}

/** The directory's word on SCRAM: what the client's proof is checked against. */
export const verifiersFound = (stream: Stream, reply: ScramReply | undefined): void => {
  const { exchange } = stream
  if (stream.state !== 'verifying' || exchange?.step !== 'verifiers-asked') return
  if (exchange.aborted) {
    fail(stream, 'aborted')
  } else if (!reply) {
    fail(stream, 'temporary-auth-failure')
  } else {
    const { address, clientFirst } = exchange
    const begun = challenge(clientFirst, reply, stream.uniqueId())
    stream.state = 'challenged'
    stream.exchange = { step: 'proof', address, challenge: begun }
    stream.send(xml('challenge', { xmlns: NS.sasl }, encodeBase64(encodeUtf8(begun.serverFirst))))
  }
}

const checkProof = (
  stream: Stream,
  exchange: Extract<Exchange, { step: 'proof' }>,
  bytes: Uint8Array,
): void => {
  const proved = verifyClientFinal(exchange.challenge, decodeUtf8(bytes) ?? '')
  if (proved === 'malformed') {
    fail(stream, 'malformed-request')
  } else if (proved === 'wrong') {
    fail(stream, 'not-authorized')
  } else {
    const device = proved.deviceId as DeviceId
    stream.effects.identified(exchange.address, device)
    succeed(stream, exchange.address, device, encodeBase64(encodeUtf8(proved.serverFinal)))
  }
}

const succeed = (stream: Stream, address: Address, device: DeviceId, data = ''): void => {
  const bareJid = `${address.handle}@${stream.host.domain}`
  stream.identity = { address, bareJid, jid: `${bareJid}/${device}` }
  stream.exchange = undefined
  stream.state = 'authenticated'
  stream.send(xml('success', { xmlns: NS.sasl }, data))
}
