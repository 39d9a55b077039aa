/** `pong`, both ways: the answer to a ping, or unasked as a sign of life. */
import { invalid, isOptionalObject, type Invalid } from './invalid.ts'

export interface Pong {
  readonly type: 'pong'
}

/** @param echo the ping's payload. */
export const encodePong = (echo: Readonly<Record<string, unknown>> | undefined): string =>
  echo ? `{"type":"pong","payload":${JSON.stringify(echo)}}` : '{"type":"pong"}'

export const parsePong = ({ payload }: Readonly<Record<string, unknown>>): Pong | Invalid =>
  isOptionalObject(payload) ? { type: 'pong' } : invalid('pong: "payload" is not an object')
