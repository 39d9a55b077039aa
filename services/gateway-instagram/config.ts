/** The environment keys of the Instagram gateway. */
import { host, integer, port } from '@isthmus/runtime/config'
import { z } from 'zod'
import { DEFAULT_GRAPHQL_LIMITS, type GraphqlLimits } from './protocol/limits.ts'

export const instagramConfig = z.object({
  ISTHMUS_INSTAGRAM_HOST: host('127.0.0.1'),
  /** 0 for any free port. */
  ISTHMUS_INSTAGRAM_PORT: port(4000),
  /** Letters that a client may leave unacknowledged before it gets no more. */
  ISTHMUS_INSTAGRAM_WINDOW: integer(DEFAULT_GRAPHQL_LIMITS.window, 1, 1024),
  /** Seconds of silence after which a client is asked whether it is still there. */
  ISTHMUS_INSTAGRAM_IDLE_SECONDS: integer(DEFAULT_GRAPHQL_LIMITS.idleMs / 1000, 10, 3600),
})

export type InstagramConfig = z.output<typeof instagramConfig>

export const graphqlLimits = (config: InstagramConfig): GraphqlLimits => ({
  ...DEFAULT_GRAPHQL_LIMITS,
  window: config.ISTHMUS_INSTAGRAM_WINDOW,
  idleMs: config.ISTHMUS_INSTAGRAM_IDLE_SECONDS * 1000,
})
