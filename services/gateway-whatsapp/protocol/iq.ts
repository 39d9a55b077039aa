/** IQ stanzas (RFC 6120, section 8.2.3): what the gateway itself answers. */
import { attribute, childOf, escapeXml, xml, type Element } from './element.ts'
import { NS } from './namespaces.ts'
import { plainError } from './stanza-error.ts'
import type { ErrorType } from '../answers.ts'
import type { Stream } from './stream.ts'

/** XEP-0030: what there is. */
const FEATURES = [NS.discoInfo, NS.discoItems, NS.management, NS.ping, NS.sealed]
const FEATURE_LIST = FEATURES.map((feature) => xml('feature', { var: feature })).join('')
const SERVER = xml('identity', { category: 'server', type: 'im', name: 'Isthmus' })
const ACCOUNT = xml('identity', { category: 'account', type: 'registered' })

export const receiveIq = (stream: Stream, stanza: Element): void => {
  const type = attribute(stanza, 'type')
  stream.inbound.other()
  // An answer to a ping: that it came is all that there is to it.
  if (type === 'result' || type === 'error') return
  const [payload] = stanza.children
  // "An IQ stanza of type "get" or "set" MUST contain exactly one child element".
  const sound = (type === 'get' || type === 'set') && stanza.children.length === 1
  if (!sound || !payload || !attribute(stanza, 'id')) {
    replyError(stream, stanza, 'modify', 'bad-request')
  } else if (!isForServer(stream, stanza)) {
    // Nothing but sealed messages reaches other people.
    replyError(stream, stanza, 'cancel', 'service-unavailable')
  } else {
    answer(stream, stanza, `${type} ${payload.ns} ${payload.name}`, payload)
  }
}

const answer = (stream: Stream, stanza: Element, request: string, payload: Element): void => {
  switch (request) {
    case `get ${NS.ping} ping`:
      reply(stream, stanza, '')
      return
    // Clients ask for a contact list before anything else; here it is always empty.
    case `get ${NS.roster} query`:
      reply(stream, stanza, xml('query', { xmlns: NS.roster }))
      return
    case `get ${NS.discoInfo} query`:
    case `get ${NS.discoItems} query`:
      discover(stream, stanza, payload)
      return
    // A session has one resource; "the server MUST return <not-allowed/>" for another one.
    case `set ${NS.bind} bind`:
      replyError(stream, stanza, 'cancel', 'not-allowed')
      return
    default:
      replyError(stream, stanza, 'cancel', 'service-unavailable')
  }
}

const discover = (stream: Stream, stanza: Element, query: Element): void => {
  if (attribute(query, 'node') !== undefined) {
    replyError(stream, stanza, 'cancel', 'item-not-found')
  } else if (query.ns === NS.discoItems) {
    reply(stream, stanza, xml('query', { xmlns: NS.discoItems }))
  } else {
    const identity = attribute(stanza, 'to') === stream.identity?.bareJid ? ACCOUNT : SERVER
    reply(stream, stanza, xml('query', { xmlns: NS.discoInfo }, identity + FEATURE_LIST))
  }
}

/** Before a resource is bound, the request for it is the only stanza that is taken. */
export const receiveBind = (stream: Stream, stanza: Element): void => {
  const { identity } = stream
  const isBind = attribute(stanza, 'type') === 'set' && childOf(stanza, 'bind', NS.bind)
  if (!isBind || !identity) {
    stream.fail('not-authorized', 'Bind a resource or resume a session first.')
    return
  }
  if (!attribute(stanza, 'id') || stanza.children.length !== 1) {
    replyError(stream, stanza, 'modify', 'bad-request')
    return
  }
  // The resource is the device's id, whatever the client asks for (RFC 6120, section 7.7: the
  // server may override it).
  stream.state = 'bound'
  const jid = xml('jid', {}, escapeXml(identity.jid))
  reply(stream, stanza, xml('bind', { xmlns: NS.bind }, jid))
}

const isForServer = (stream: Stream, stanza: Element): boolean => {
  const to = attribute(stanza, 'to')
  return to === undefined || to === stream.host.domain || to === stream.identity?.bareJid
}

const reply = (stream: Stream, stanza: Element, content: string): void =>
  stream.sendStanza(xml('iq', header(stream, stanza, 'result'), content))

const replyError = (stream: Stream, stanza: Element, type: ErrorType, condition: string): void =>
  stream.sendStanza(xml('iq', header(stream, stanza, 'error'), plainError(type, condition)))

const header = (
  stream: Stream,
  stanza: Element,
  type: 'result' | 'error',
): Record<string, string | undefined> => ({
  xmlns: NS.client,
  type,
  id: attribute(stanza, 'id'),
  from: attribute(stanza, 'to'),
  to: stream.identity?.jid,
})
