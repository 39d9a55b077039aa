/** Bearer tokens: 256 random bits behind a prefix that tells their kind. Stored hashed. */
import { hash, randomBytes } from 'node:crypto'

const PREFIX = { device: 'isth_', account: 'isthacct_' } as const
const RANDOM = /^[A-Za-z0-9_-]{43}$/

export type TokenKind = keyof typeof PREFIX

export const newToken = (kind: TokenKind): string =>
  PREFIX[kind] + randomBytes(32).toString('base64url')

/** Undefined if the text can't be a token. */
export const kindOfToken = (text: string): TokenKind | undefined =>
  (['account', 'device'] as const).find(
    (kind) => text.startsWith(PREFIX[kind]) && RANDOM.test(text.slice(PREFIX[kind].length)),
  )

/** SHA-256 of the token's ASCII, unpadded base64url. A random token needs no slow hash. */
export const tokenHash = (token: string): string => hash('sha256', token, 'base64url')
