/** From a frame to a client's message, or to what is wrong with it. */
import type { GraphqlLimits } from '../limits.ts'
import { parseComplete, type Complete } from './complete.ts'
import { parseConnectionInit, type ConnectionInit } from './connection-init.ts'
import { invalid, isObject, typeName, type Invalid } from './invalid.ts'
import { parsePing, type Ping } from './ping.ts'
import { parsePong, type Pong } from './pong.ts'
import { parseSubscribe, type Subscribe } from './subscribe.ts'

export type ClientMessage = ConnectionInit | Ping | Pong | Subscribe | Complete

type Parser = (
  message: Readonly<Record<string, unknown>>,
  limits: GraphqlLimits,
  frameLength: number,
) => ClientMessage | Invalid

const PARSERS: ReadonlyMap<string, Parser> = new Map<string, Parser>([
  ['connection_init', parseConnectionInit],
  ['ping', parsePing],
  ['pong', parsePong],
  ['subscribe', parseSubscribe],
  ['complete', parseComplete],
])

const FROM_SERVER_ONLY: ReadonlySet<string> = new Set(['connection_ack', 'next', 'error'])

export const parseMessage = (
  frame: string | Uint8Array,
  limits: GraphqlLimits,
): ClientMessage | Invalid => {
  // "Messages are represented through the JSON structure and are stringified".
  if (typeof frame !== 'string') return invalid('a binary message; send JSON as text')
  const message = parseJson(frame)
  if (!isObject(message)) return invalid('not a JSON object')
  const { type } = message
  if (typeof type !== 'string') return invalid(`"type" is ${typeName(type)}, not a string`)
  const parse = PARSERS.get(type)
  if (parse) return parse(message, limits, frame.length)
  if (FROM_SERVER_ONLY.has(type)) return invalid(`only the server sends "${type}"`)
  return invalid(`"type" is none of ${[...PARSERS.keys()].join(', ')}`)
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
