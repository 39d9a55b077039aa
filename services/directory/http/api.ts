/** What the routes work with. */
import type { HttpBindings } from '@hono/node-server'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { AccountId, DeviceId } from '@isthmus/runtime/ids'
import type { LimitName } from '../config.ts'
import type { Codes } from '../domain/codes.ts'
import type { Directory } from '../domain/directory.ts'

/** Who asks, by the token that came. */
export interface Caller {
  readonly accountId: AccountId
  /** Undefined with an account token. */
  readonly deviceId: DeviceId | undefined
}

export interface Env {
  Bindings: HttpBindings
  Variables: { caller: Caller }
}

export type App = OpenAPIHono<Env>

export interface Api {
  readonly directory: Directory
  readonly codes: Codes
  readonly realm: string
  /** @throws Problem `rate-limited` when the key's bucket is empty. */
  readonly limit: (name: LimitName, key: string) => void
  /** The key under which the client's network address is limited. */
  readonly clientOf: (c: Context<Env>) => string
}
