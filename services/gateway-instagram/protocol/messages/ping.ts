/** `ping`, both ways, at any time: answered by a pong at once. */
import type { GraphqlLimits } from '../limits.ts'
import { invalid, isOptionalObject, type Invalid } from './invalid.ts'

export interface Ping {
  readonly type: 'ping'
  /** What the pong gives back; nothing if the message was long. */
  readonly echo: Readonly<Record<string, unknown>> | undefined
}

export const PING = '{"type":"ping"}'

export const parsePing = (
  { payload }: Readonly<Record<string, unknown>>,
  limits: GraphqlLimits,
  frameLength: number,
): Ping | Invalid => {
  if (!isOptionalObject(payload)) return invalid('ping: "payload" is not an object')
  return {
    type: 'ping',
    echo: frameLength <= limits.maxEchoLength ? (payload ?? undefined) : undefined,
  }
}
