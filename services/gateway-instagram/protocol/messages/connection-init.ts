/** `connection_init`, client to server: asks for the connection, with the device's credentials. */
import { invalid, isOptionalObject, type Invalid } from './invalid.ts'

export interface ConnectionInit {
  readonly type: 'connection_init'
  readonly payload: Readonly<Record<string, unknown>> | null | undefined
}

export const parseConnectionInit = ({
  payload,
}: Readonly<Record<string, unknown>>): ConnectionInit | Invalid =>
  isOptionalObject(payload)
    ? { type: 'connection_init', payload }
    : invalid('connection_init: "payload" is not an object')
