/** Stream management (XEP-0198): acknowledgements and resumption. */
import { attribute, xml, type Element } from './element.ts'
import { Outbound } from './ledger.ts'
import { NS } from './namespaces.ts'
import { attachIfReady } from './presence.ts'
import { Resumable } from './session.ts'
import type { Stream } from './stream.ts'

const failed = (condition: string): string =>
  xml('failed', { xmlns: NS.management }, xml(condition, { xmlns: NS.stanzaErrors }))

/** How often a client is asked for its count before it must have begun. */
const MAX_EARLY = 3

const UNEXPECTED = failed('unexpected-request')

export const receiveEnable = (stream: Stream, element: Element): void => {
  if (stream.state !== 'bound') {
    stream.send(UNEXPECTED)
    return
  }
  // "If a server receives a second <enable/> element it SHOULD respond with a stream error"
  // (XEP-0198, section 3).
  if (stream.management) {
    stream.fail('policy-violation', 'Stream management is enabled once.')
    return
  }
  const resume = attribute(element, 'resume')
  const id = resume === 'true' || resume === '1' ? stream.uniqueId() : undefined
  stream.management = { id, outbound: new Outbound(), counting: false, early: 0 }
  stream.inbound.begin()
  const max = stream.host.limits.resumeSeconds
  const terms = id === undefined ? {} : { id, resume: 'true', max }
  stream.send(xml('enabled', { xmlns: NS.management, ...terms }))
  // "The counter ... is set to zero and started after receiving either <enable/> or <enabled/>"
  // (section 4): clients are known that set it to zero late and lose what comes right behind. So
  // letters wait until the client has answered a first request.
  stream.requestDue = true
}

/**
 * Goes on with a session whose socket dropped. What is retained is given out once, to the device
 * that it was retained for, so that another's or a used id is as good as none.
 */
export const receiveResume = (stream: Stream, element: Element): void => {
  if (stream.state !== 'unbound') {
    stream.send(UNEXPECTED)
    return
  }
  const previd = attribute(element, 'previd') ?? ''
  const h = countOf(element)
  if (h === undefined) {
    stream.send(failed('bad-request'))
    return
  }
  const session = stream.effects.recall(previd)
  if (!(session instanceof Resumable)) {
    stream.send(failed('item-not-found'))
    return
  }
  const { outbound, handled, available } = session
  if (!outbound.acknowledge(h)) {
    tooHigh(stream, h, outbound.count)
    return
  }
  stream.state = 'bound'
  stream.management = { id: previd, outbound, counting: true, early: 0 }
  stream.available = available
  stream.inbound.begin(handled)
  if (outbound.letter > 0) stream.effects.acknowledge(outbound.letter)
  stream.send(xml('resumed', { xmlns: NS.management, previd, h: handled }))
  for (const stanza of outbound.resend()) stream.send(stanza)
  stream.requestDue = outbound.unacknowledged > 0
  // The letters that are not acknowledged come from the mailbox, after those that are.
  attachIfReady(stream)
}

export const receiveRequest = (stream: Stream): void => {
  if (stream.management) stream.answerDue = true
  else stream.send(UNEXPECTED)
}

export const receiveAcknowledgement = (stream: Stream, element: Element): void => {
  const { management } = stream
  if (!management) {
    stream.send(UNEXPECTED)
    return
  }
  const { outbound } = management
  const { letter, unacknowledged } = outbound
  const h = countOf(element)
  if (h === undefined) {
    stream.fail('bad-format', 'The "h" of <a/> must be a number from 0 to 4294967295.')
    return
  }
  stream.requested = false
  if (!outbound.acknowledge(h)) {
    management.early += 1
    // The count of the stream before, from a client that sets it to zero late: it is asked again.
    if (!management.counting && management.early < MAX_EARLY) stream.requestDue = true
    else tooHigh(stream, h, outbound.count)
    return
  }
  // A client that has not got on is not asked again at once, or the two would talk in circles.
  if (outbound.unacknowledged < unacknowledged) stream.requestDue = outbound.unacknowledged > 0
  if (outbound.letter > letter) stream.effects.acknowledge(outbound.letter)
  if (management.counting) return
  management.counting = true
  attachIfReady(stream)
}

const tooHigh = (stream: Stream, h: number, sent: number): void => {
  const specific = xml('handled-count-too-high', {
    xmlns: NS.management,
    h,
    'send-count': sent,
  })
  stream.fail('undefined-condition', 'More stanzas are acknowledged than were sent.', specific)
}

const countOf = (element: Element): number | undefined => {
  const h = attribute(element, 'h') ?? ''
  return /^[0-9]{1,10}$/.test(h) && Number(h) <= 0xffff_ffff ? Number(h) : undefined
}
