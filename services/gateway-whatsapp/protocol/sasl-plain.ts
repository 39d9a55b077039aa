/** SASL PLAIN (RFC 4616). */
import { decodeUtf8 } from './utf8.ts'

export interface PlainCredentials {
  readonly authzid: string
  readonly authcid: string
  readonly password: string
}

/** @returns undefined if the bytes are not `[authzid] NUL authcid NUL passwd` in UTF-8 */
export const parsePlain = (bytes: Uint8Array): PlainCredentials | undefined => {
  const parts = decodeUtf8(bytes)?.split('\0')
  if (parts?.length !== 3) return undefined
  const [authzid = '', authcid = '', password = ''] = parts
  return authcid && password ? { authzid, authcid, password } : undefined
}
