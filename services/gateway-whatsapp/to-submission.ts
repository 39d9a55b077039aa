/** From a message stanza to what the relay takes, or to why not. Pure. */
import { ErrorCode, type Letter, type SealedEnvelope } from '@isthmus/proto/codec'
import type { Address } from '@isthmus/runtime/address'
import type { RefusalCode } from './answers.ts'
import { decodeBase64 } from './protocol/base64.ts'
import { attribute, is, type Element } from './protocol/element.ts'
import { addressOfJid, type Domains } from './protocol/jid.ts'
import { NS } from './protocol/namespaces.ts'

export interface Submission {
  readonly to: Address
  readonly envelope: SealedEnvelope
}

/** `what` says it to the client's developer, and holds nothing of the client's input. */
export interface Refusal {
  readonly error: RefusalCode
  readonly what: string
}

const malformed = (what: string): Refusal => ({ error: ErrorCode.MALFORMED, what })

const MAX_TTL = 0xffff_ffff

/**
 * The envelope itself (sizes, ids, devices) is checked by the gateway's core, for all protocols.
 * @param self the sender, to whom a stanza without `to` is addressed (RFC 6120, section 10.3.1)
 */
export const toSubmission = (
  stanza: Element,
  domains: Domains,
  self: Address,
): Submission | Refusal => {
  const sealed = sealedOf(stanza)
  if ('error' in sealed) return sealed
  const id = attribute(stanza, 'id')
  if (!id) return malformed('the message has no id: it is what the relay knows a repetition by')
  const jid = attribute(stanza, 'to')
  const to = jid === undefined ? self : addressOfJid(jid, domains)
  if (!to) {
    const what = 'The "to" is not an address of this realm: handle@network.realm.'
    return { error: ErrorCode.UNKNOWN_RECIPIENT, what }
  }
  const ttlSeconds = ttlOf(sealed)
  if (ttlSeconds === undefined) return malformed('"ttl" is not a number of seconds')
  const letters: Letter[] = []
  for (const letter of sealed.children) {
    if (!is(letter, 'letter', NS.sealed)) continue
    const bytes = decodeBase64(letter.text)
    if (!bytes) return malformed(`<letter/> ${letters.length + 1} is not base64 without blanks`)
    letters.push({ deviceId: attribute(letter, 'device') ?? '', sealed: bytes })
  }
  return { to, envelope: { id, letters, ttlSeconds } }
}

/** The message's one `<sealed/>`. What else stands beside it is not carried, a body refused. */
const sealedOf = (stanza: Element): Element | Refusal => {
  let sealed: Element | undefined
  for (const child of stanza.children) {
    if (is(child, 'body', NS.client)) {
      return { error: ErrorCode.NOT_SEALED, what: 'A <body/> is in the clear: seal it.' }
    }
    if (!is(child, 'sealed', NS.sealed)) continue
    if (sealed) return malformed('the message has more than one <sealed/>')
    sealed = child
  }
  const what = `The message has no <sealed xmlns='${NS.sealed}'/>; nothing else is carried.`
  return sealed ?? { error: ErrorCode.NOT_SEALED, what }
}

const ttlOf = (sealed: Element): number | undefined => {
  const ttl = attribute(sealed, 'ttl')
  if (ttl === undefined) return 0
  return /^[0-9]{1,10}$/.test(ttl) && Number(ttl) <= MAX_TTL ? Number(ttl) : undefined
}
