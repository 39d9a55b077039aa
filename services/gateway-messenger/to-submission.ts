/** A PUBLISH to a submission: the topic names the recipient, the payload is a SealedEnvelope. */
import { addressOf, type Address } from '@isthmus/runtime/address'
import { LIMITS } from '@isthmus/runtime/limits'
import { ErrorCode, sealedEnvelope, type SealedEnvelope } from '@isthmus/proto/codec'
import type { RefusalCode } from './answers.ts'

export type ToSubmission =
  | { readonly to: Address; readonly envelope: SealedEnvelope }
  /** `id` is the submission id as far as there is one to answer to. */
  | { readonly to: undefined; readonly error: RefusalCode; readonly id: string }

const PREFIX = 'to/'

/**
 * The recipient of `to/<network>/<handle>`.
 * @returns FORBIDDEN for a topic that is not for publishing (`$SYS`, `inbox`, ...), and
 * UNKNOWN_RECIPIENT for an address that nobody can have.
 */
export const recipientOf = (topic: string): Address | RefusalCode => {
  if (!topic.startsWith(PREFIX)) return ErrorCode.FORBIDDEN
  const slash = topic.indexOf('/', PREFIX.length)
  if (slash < 0) return ErrorCode.FORBIDDEN
  const address = addressOf(topic.slice(PREFIX.length, slash), topic.slice(slash + 1))
  return address ?? ErrorCode.UNKNOWN_RECIPIENT
}

/** What the envelope holds is judged by the gateway core; here it only has to be one. */
export const toSubmission = (topic: string, payload: Uint8Array): ToSubmission => {
  const envelope = decodeEnvelope(payload)
  const to = recipientOf(topic)
  if (typeof to === 'number') {
    return { to: undefined, error: to, id: envelope ? submissionIdOf(envelope) : '' }
  }
  if (!envelope) return { to: undefined, error: ErrorCode.MALFORMED, id: '' }
  return { to, envelope }
}

/** The id as an answer may repeat it: an id over its limit is none. */
export const submissionIdOf = (envelope: SealedEnvelope): string =>
  Buffer.byteLength(envelope.id) <= LIMITS.maxSubmissionIdBytes ? envelope.id : ''

const decodeEnvelope = (payload: Uint8Array): SealedEnvelope | undefined => {
  try {
    return sealedEnvelope.decode(payload)
  } catch {
    return undefined
  }
}
