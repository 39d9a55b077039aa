/** What a test asks of frames that came back. */
import { attribute, childOf, type Element } from '../protocol/element.ts'
import { FrameParser } from '../protocol/frame-parser.ts'
import { NS } from '../protocol/namespaces.ts'

const parser = new FrameParser()

/** @throws FrameError: what the gateway writes must pass its own parser */
export const parse = (frame: string | undefined): Element => parser.parse(frame ?? '')

/** The condition of a stream error, or undefined. */
export const streamCondition = (frame: string | undefined): string | undefined => {
  const element = parse(frame)
  if (element.name !== 'error' || element.ns !== NS.streams) return undefined
  return element.children.find((child) => child.ns === NS.streamErrors)?.name
}

/** The type and condition of a stanza error, and the relay's own element, if there is one. */
export const stanzaError = (frame: string | undefined): string | undefined => {
  const stanza = parse(frame)
  const error = childOf(stanza, 'error', NS.client)
  if (attribute(stanza, 'type') !== 'error' || !error) return undefined
  const names = error.children.filter((child) => child.name !== 'text').map((child) => child.name)
  return [attribute(error, 'type'), ...names].join(' ')
}

/** How a stream ended: its error, its close and the WebSocket's, or what is missing of them. */
export const ending = (frames: readonly string[]): string => {
  const [error, close] = frames.slice(-2)
  const closed = close !== undefined && parse(close).name === 'close'
  return closed ? (streamCondition(error) ?? 'no error') : 'not closed'
}
