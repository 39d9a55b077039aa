/**
 * Presence (RFC 6121, section 4). Nothing of it reaches other people: it only says whether this
 * device wants its letters now.
 */
import { attribute, type Element } from './element.ts'
import type { Stream } from './stream.ts'

export const receivePresence = (stream: Stream, stanza: Element): void => {
  stream.inbound.other()
  // Directed presence and subscriptions are for others: absorbed.
  if (attribute(stanza, 'to') !== undefined) return
  const type = attribute(stanza, 'type')
  if (type === undefined && !stream.available) {
    stream.available = true
    attachIfReady(stream)
  } else if (type === 'unavailable' && stream.available) {
    stream.available = false
    if (stream.management) stream.effects.detach()
  }
}

/**
 * Opens the inbox once both are there: presence, and a client that counts, without which it could
 * not acknowledge letters.
 */
export const attachIfReady = (stream: Stream): void => {
  const { management, available, host, effects } = stream
  if (!management?.counting || !available) return
  const { window } = host.limits
  const after = management.outbound.letter
  effects.attach(after > 0 ? { window, after } : { window })
}
