/** Stanza errors (RFC 6120, section 8.3): the stream goes on. */
import type { Answer } from '@isthmus/proto/codec'
import { answerText, type ErrorType } from '../answers.ts'
import { escapeXml, xml } from './element.ts'
import { NS } from './namespaces.ts'

/** `<error/>` of an RFC 6120 condition alone. */
export const plainError = (type: ErrorType, condition: string): string =>
  xml('error', { type }, xml(condition, { xmlns: NS.stanzaErrors }))

/**
 * `<error/>` for the relay's word on a submission: the RFC 6120 condition for clients that know no
 * more, and the relay's own element that tells the closed set of codes apart.
 * @param what says it more exactly than the table; holds nothing of the client's input
 */
export const refusalError = (answer: Answer, what?: string): string => {
  const { type, condition, element, text } = answerText(answer.error)
  const wait = answer.retryAfterMs > 0 ? answer.retryAfterMs : undefined
  const devices =
    answer.missing.map((device) => xml('missing', { device })).join('') +
    answer.extra.map((device) => xml('extra', { device })).join('')
  return xml(
    'error',
    { type },
    xml(condition, { xmlns: NS.stanzaErrors }) +
      xml('text', { xmlns: NS.stanzaErrors, 'xml:lang': 'en' }, escapeXml(what ?? text)) +
      xml(element, { xmlns: NS.errors, 'retry-after-ms': wait }, devices),
  )
}
