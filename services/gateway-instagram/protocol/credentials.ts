/** What connection_init must carry: the device's address and token. */
import { parseAddress, type Address } from '@isthmus/runtime/address'
import type { ConnectionInit } from './messages/connection-init.ts'

export interface Credentials {
  readonly address: Address
  readonly token: string
}

const NETWORK = 'instagram'
const MAX_TOKEN_LENGTH = 256

/**
 * The credentials; undefined for what can't be any. Which part is wrong is not said: the answer is
 * the one to a wrong handle or token.
 */
export const credentialsOf = ({ payload }: ConnectionInit): Credentials | undefined => {
  const { address: text, token } = payload ?? {}
  if (typeof text !== 'string' || typeof token !== 'string') return undefined
  if (token === '' || token.length > MAX_TOKEN_LENGTH) return undefined
  const address = parseAddress(text)
  return address?.network === NETWORK ? { address, token } : undefined
}
