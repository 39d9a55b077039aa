/** `<open/>`, `<close/>` and stream features (RFC 7395 section 3.4, RFC 6120 section 4.3). */
import { attribute, xml, type Element } from './element.ts'
import { NS } from './namespaces.ts'
import { MECHANISMS_FEATURE } from './sasl.ts'
import type { Stream } from './stream.ts'

const features = (content: string): string =>
  xml('stream:features', { 'xmlns:stream': NS.streams }, content)

const BEFORE_AUTHENTICATION = features(MECHANISMS_FEATURE)
const AFTER_AUTHENTICATION = features(
  xml('bind', { xmlns: NS.bind }, xml('required', {})) + xml('sm', { xmlns: NS.management }),
)

export const receiveOpen = (stream: Stream, element: Element): void => {
  const { host, identity } = stream
  // "If the server does not host the domain, <host-unknown/>" (RFC 6120, section 4.9.3.6).
  if (attribute(element, 'to')?.toLowerCase() !== host.domain) {
    stream.fail('host-unknown', `This server is ${host.domain}: name it in the "to" of <open/>.`)
    return
  }
  // RFC 6120, section 4.7.5: version numbers are compared as pairs of numbers; 1.x is ours.
  if (!/^1\.[0-9]{1,3}$/.test(attribute(element, 'version') ?? '')) {
    stream.fail('unsupported-version', 'The "version" of <open/> must be "1.0".')
    return
  }
  const from = attribute(element, 'from')
  if (identity && from !== undefined && from !== identity.bareJid && from !== identity.jid) {
    stream.fail('invalid-from', 'The "from" of <open/> is not the account that logged in.')
    return
  }
  stream.open()
  stream.state = identity ? 'unbound' : 'unauthenticated'
  stream.send(identity ? AFTER_AUTHENTICATION : BEFORE_AUTHENTICATION)
}
