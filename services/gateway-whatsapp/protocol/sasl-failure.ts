/** How a SASL exchange fails. */
import { escapeXml, xml } from './element.ts'
import { MAX_AUTHENTICATIONS } from './limits.ts'
import { NS } from './namespaces.ts'
import type { Stream } from './stream.ts'

/** RFC 6120, section 6.5. */
export type Failure =
  | 'aborted'
  | 'incorrect-encoding'
  | 'invalid-authzid'
  | 'invalid-mechanism'
  | 'malformed-request'
  | 'not-authorized'
  | 'temporary-auth-failure'

const TEXTS: Partial<Record<Failure, string>> = {
  'invalid-authzid': 'An account can only act as itself.',
  'malformed-request': 'The message does not follow the mechanism; channel binding is not offered.',
  'not-authorized': 'The handle or the device token is wrong, or the token was revoked.',
  'temporary-auth-failure': 'The directory is away: try again later.',
}

/**
 * "At least 2 and no more than 5" attempts (RFC 6120, section 6.4.5); after the last one the
 * stream ends.
 */
export const fail = (stream: Stream, failure: Failure): void => {
  const text = TEXTS[failure]
  const about = text === undefined ? '' : xml('text', { 'xml:lang': 'en' }, escapeXml(text))
  stream.exchange = undefined
  stream.state = 'unauthenticated'
  stream.send(xml('failure', { xmlns: NS.sasl }, xml(failure, {}) + about))
  if (stream.authentications < MAX_AUTHENTICATIONS) return
  if (failure === 'temporary-auth-failure') {
    stream.fail('resource-constraint', 'The directory is away: connect again later.')
  } else {
    stream.fail('policy-violation', 'Too many attempts to authenticate.')
  }
}
