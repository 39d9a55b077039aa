/** What the relay's words are in XMPP stanzas. Pure. */
import { parseAddress } from '@isthmus/runtime/address'
import { xml, type Element } from '@xmpp/client-core'
import { fromBase64, toBase64 } from '../bytes.ts'
import { toRelayCode } from '../errors.ts'
import type { Answer, Close, DeliveredLetter, Submission } from './port.ts'

export const NS_SEALED = 'urn:isthmus:sealed:1'
export const NS_SM = 'urn:xmpp:sm:3'
const NS_ERRORS = 'urn:isthmus:errors:1'

/** Stream errors (RFC 6120 section 4.9.3) and SASL failures (section 6.5) that tell more. */
export const CAUSES: Readonly<Record<string, Close['cause']>> = {
  conflict: 'replaced',
  'not-authorized': 'unauthenticated',
  'account-disabled': 'unauthenticated',
  'credentials-expired': 'unauthenticated',
  'temporary-auth-failure': 'try-later',
  'system-shutdown': 'going-away',
  'resource-constraint': 'going-away',
  'internal-server-error': 'try-later',
  'connection-timeout': 'lost',
}

const jidOf = (address: string, realm: string): string => {
  const parsed = parseAddress(address)
  return `${parsed?.handle}@${parsed?.network}.${realm}`
}

export const toStanza = ({ id, to, letters, ttlSeconds }: Submission, realm: string): Element =>
  xml(
    'message',
    { to: jidOf(to, realm), id, type: 'chat' },
    xml(
      'sealed',
      { xmlns: NS_SEALED, ttl: ttlSeconds > 0 ? ttlSeconds : undefined },
      ...letters.map(({ deviceId, sealed }) =>
        xml('letter', { device: deviceId }, toBase64(sealed)),
      ),
    ),
  )

/** @throws RangeError if the letter is not what the gateway sends. */
export const toLetter = (letter: Element): DeliveredLetter => {
  const sequence = Number(letter.attrs['sequence'])
  const acceptedAt = Number(letter.attrs['accepted'])
  const isSound = Number.isSafeInteger(sequence) && sequence > 0 && Number.isSafeInteger(acceptedAt)
  if (!isSound) throw new RangeError('a letter without sequence or time')
  return { sequence, acceptedAt, sealed: fromBase64(letter.text()) }
}

export const toRefusal = (stanza: Element): Answer => {
  const children = stanza.getChild('error')?.getChildElements() ?? []
  const code = children.find((child) => child.getNS() === NS_ERRORS)
  const devices = (name: string): string[] =>
    (code?.getChildElements() ?? [])
      .filter((child) => child.name === name)
      .map((child) => child.attrs['device'] ?? '')
  const retryAfter = code?.attrs['retry-after-ms']
  return {
    accepted: false,
    code: code ? toRelayCode(code.name) : 'malformed',
    missing: devices('missing'),
    extra: devices('extra'),
    retryAfterMs: retryAfter === undefined ? undefined : Number(retryAfter),
  }
}
