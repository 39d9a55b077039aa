/** What the WebSocket close codes of the gateways mean for a client. */
import type { Close, CloseCause } from './port.ts'

/** RFC 6455 section 7.4.1, the IANA registry, and the gateways' own. The rest is `lost`. */
const CAUSES: Readonly<Record<number, CloseCause>> = {
  1001: 'going-away',
  1002: 'protocol',
  1003: 'protocol',
  1007: 'protocol',
  1008: 'protocol',
  1009: 'protocol',
  1011: 'try-later',
  1012: 'going-away',
  1013: 'try-later',
  4400: 'protocol',
  4401: 'protocol',
  4403: 'unauthenticated',
  4406: 'protocol',
  4409: 'replaced',
  4429: 'protocol',
  4480: 'going-away',
  4500: 'try-later',
}

/** The part of a CloseEvent that counts. */
export interface SocketClose {
  readonly code: number
  readonly reason: string
}

export const toClose = ({ code, reason }: SocketClose): Close => ({
  cause: CAUSES[code] ?? 'lost',
  detail: `WebSocket closed: ${code}${reason ? ` ${reason}` : ''}`,
})
