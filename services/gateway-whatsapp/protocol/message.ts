/** Messages of the client: submissions, and the relay's word on them. */
import { answerOf } from '@isthmus/gateway-core/answer'
import { ErrorCode, type Answer } from '@isthmus/proto/codec'
import { toSubmission } from '../to-submission.ts'
import { attribute, xml, type Element } from './element.ts'
import type { Waiting } from './ledger.ts'
import { NS } from './namespaces.ts'
import { refusalError } from './stanza-error.ts'
import type { Stream } from './stream.ts'

export const receiveMessage = (stream: Stream, stanza: Element): void => {
  const { identity, inbound, host } = stream
  // "An error stanza MUST NOT be answered by an error" (RFC 6120, section 8.3.1), nor is it sent on.
  if (!identity || attribute(stanza, 'type') === 'error') {
    inbound.other()
    return
  }
  const id = attribute(stanza, 'id') ?? ''
  const to = attribute(stanza, 'to')
  const submission = toSubmission(stanza, host.domains, identity.address)
  if ('error' in submission) {
    inbound.other()
    if (inbound.pending === 0) stream.answerDue = true
    refuse(stream, { id, to }, answerOf(submission.error), submission.what)
    return
  }
  const reference = inbound.message(id, to)
  stream.effects.submit(reference, submission.to, submission.envelope)
}

/** The oldest submission has its answer: it counts as handled, whatever the answer is. */
export const receiveAnswer = (stream: Stream, answer: Answer): void => {
  const waiting = stream.inbound.answered()
  if (!waiting) return
  stream.answerDue = true
  if (answer.error !== ErrorCode.UNSPECIFIED) refuse(stream, waiting, answer)
}

const refuse = (stream: Stream, { id, to }: Waiting, answer: Answer, what?: string): void => {
  const { identity } = stream
  const header = {
    xmlns: NS.client,
    type: 'error',
    id: id || undefined,
    from: to ?? identity?.bareJid,
    to: identity?.jid,
  }
  stream.sendStanza(xml('message', header, refusalError(answer, what)))
}
