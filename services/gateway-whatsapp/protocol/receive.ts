/** From a frame to what it means in the stream's state (states.ts). */
import { attribute, type Element } from './element.ts'
import { FrameError } from './frame-checks.ts'
import { receiveBind, receiveIq } from './iq.ts'
import { FRAME_LIMITS } from './limits.ts'
import { receiveMessage } from './message.ts'
import { receiveOpen } from './negotiation.ts'
import { receivePresence } from './presence.ts'
import { receiveAbort, receiveAuth, receiveResponse } from './sasl.ts'
import { kindOf, untimely, type FrameKind } from './states.ts'
import {
  receiveAcknowledgement,
  receiveEnable,
  receiveRequest,
  receiveResume,
} from './stream-management.ts'
import type { Stream } from './stream.ts'

/** @param now milliseconds since the epoch */
export const receiveFrame = (stream: Stream, frame: string | Uint8Array, now: number): void => {
  if (typeof frame !== 'string') {
    stream.fail('bad-format', 'Frames are text messages (RFC 7395, section 3.2).')
    return
  }
  if (frame.length > limitOf(stream, frame)) {
    stream.fail('policy-violation', 'The frame is over the size limit.')
    return
  }
  const element = parse(stream, frame)
  if (!element) return
  const kind = kindOf(element)
  if (kind === 'invalid-namespace') {
    stream.fail(kind, 'The element is not in the namespace that it belongs to.')
  } else if (kind === 'unsupported-stanza-type') {
    stream.fail(kind, 'There is no such element here.')
  } else {
    const { messages } = stream.inbound
    take(stream, kind, element)
    const isAcknowledgement = stream.management && (kind === 'a' || kind === 'r')
    if (isAcknowledgement || stream.inbound.messages > messages) return
    if (!stream.allow(frame.length, now)) stream.goodbye('rate-limited')
  }
}

/** Only a message of someone who has logged in and bound a resource may be large. */
const limitOf = (stream: Stream, frame: string): number =>
  stream.state === 'bound' && frame.startsWith('<message')
    ? stream.host.limits.maxFrameBytes
    : FRAME_LIMITS.smallFrame

const parse = (stream: Stream, frame: string): Element | undefined => {
  try {
    return stream.host.parser.parse(frame)
  } catch (error) {
    if (!(error instanceof FrameError)) throw error
    stream.fail(error.condition, error.message)
    return undefined
  }
}

const take = (stream: Stream, kind: FrameKind, element: Element): void => {
  const condition = untimely(stream.state, kind)
  if (condition) {
    stream.fail(condition, `<${kind}/> is not expected here.`)
    return
  }
  switch (kind) {
    case 'open':
      receiveOpen(stream, element)
      return
    case 'close':
    case 'error':
      stream.closedByClient()
      return
    case 'auth':
      receiveAuth(stream, element)
      return
    case 'response':
      receiveResponse(stream, element)
      return
    case 'abort':
      receiveAbort(stream)
      return
    case 'enable':
      receiveEnable(stream, element)
      return
    case 'resume':
      receiveResume(stream, element)
      return
    case 'r':
      receiveRequest(stream)
      return
    case 'a':
      receiveAcknowledgement(stream, element)
      return
    case 'iq':
    case 'message':
    case 'presence':
      takeStanza(stream, kind, element)
  }
}

const takeStanza = (stream: Stream, kind: 'iq' | 'message' | 'presence', stanza: Element): void => {
  // "If the value does not match: <invalid-from/>" (RFC 6120, section 8.1.2.1). It is never used.
  const from = attribute(stanza, 'from')
  const { identity } = stream
  if (from !== undefined && from !== identity?.jid && from !== identity?.bareJid) {
    stream.fail('invalid-from', 'The "from" is not the account that logged in: leave it out.')
  } else if (kind === 'message') receiveMessage(stream, stanza)
  else if (kind === 'presence') receivePresence(stream, stanza)
  else if (stream.state === 'bound') receiveIq(stream, stanza)
  else receiveBind(stream, stanza)
}
