/** Stream errors: they end the stream (RFC 6120, section 4.9). */
import type { StreamCondition } from '../answers.ts'
import { escapeXml, xml } from './element.ts'
import { NS } from './namespaces.ts'

/**
 * @param text says what happened, in English
 * @param specific XML of an application-specific condition
 */
export const streamError = (condition: StreamCondition, text: string, specific = ''): string => {
  const about = text && xml('text', { xmlns: NS.streamErrors, 'xml:lang': 'en' }, escapeXml(text))
  return xml(
    'stream:error',
    { 'xmlns:stream': NS.streams },
    xml(condition, { xmlns: NS.streamErrors }) + about + specific,
  )
}
