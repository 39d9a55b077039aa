/** The embedded profile's environment: its own variables and those of the services in it. */
import { integer } from '@isthmus/runtime/config'
import { z } from 'zod'

export const relayConfig = z.object({
  /** The folder of the database and the realm's secrets. */
  ISTHMUS_DATA: z.string().default('data'),
  /** The realm's domain; changing it later changes everybody's JID. */
  ISTHMUS_REALM: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'must be a domain name in lower case')
    .default('isthmus.localhost'),
  ISTHMUS_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('warn'),
  /** Origins from which browsers may connect to the gateways, separated by commas; * for all. */
  ISTHMUS_ALLOWED_ORIGINS: z
    .string()
    .default('*')
    .transform((list) => list.split(',').map((origin) => origin.trim())),
  /** Open sockets of one gateway. */
  ISTHMUS_MAX_SOCKETS: integer(50_000, 1, 10_000_000),
  /** Submissions a second of one socket, and how many it may make at once. */
  ISTHMUS_SUBMISSION_RATE: integer(1000, 1, 1_000_000),
  ISTHMUS_SUBMISSION_BURST: integer(2000, 1, 1_000_000),
  /** Milliseconds over which goodbyes are spread when the relay stops. */
  ISTHMUS_DRAIN_MS: integer(0, 0, 600_000),
})
