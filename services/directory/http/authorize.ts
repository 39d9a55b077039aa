/** Bearer tokens (RFC 6750): from the header alone, never from the URL. */
import type { MiddlewareHandler } from 'hono'
import { kindOfToken, tokenHash, type TokenKind } from '../crypto/tokens.ts'
import type { LimitName } from '../config.ts'
import type { Directory } from '../domain/directory.ts'
import { Problem } from '../problems.ts'
import type { Api, Caller, Env } from './api.ts'

/** Whose token it is; undefined if nobody's. */
export const callerOf = async (
  { store, clock }: Directory,
  token: string,
): Promise<Caller | undefined> => {
  const kind = kindOfToken(token)
  if (kind === 'device') return store.deviceOfToken(tokenHash(token))
  if (kind !== 'account') return undefined
  const accountId = await store.accountOfToken(tokenHash(token), clock.now())
  return accountId && { accountId, deviceId: undefined }
}

/**
 * Lets a request through that brings a token of one of these kinds, and counts it.
 * @throws Problem `unauthenticated`, `rate-limited`.
 */
export const authorize =
  (api: Api, kinds: readonly TokenKind[], limit: LimitName): MiddlewareHandler<Env> =>
  async (c, next) => {
    const token = /^Bearer ([A-Za-z0-9_-]+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? ''
    const isOfKind = kinds.some((kind) => kind === kindOfToken(token))
    const caller = isOfKind ? await callerOf(api.directory, token) : undefined
    if (!caller) throw new Problem('unauthenticated')
    api.limit(limit, caller.accountId)
    c.set('caller', caller)
    await next()
  }
