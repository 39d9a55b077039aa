import { host, integer, port, readConfig, type Environment } from '@isthmus/runtime/config'
import { z } from 'zod'
import type { RateLimit } from './rate-limit.ts'

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

const rateLimit = (standard: string) =>
  z
    .string()
    .regex(/^[1-9][0-9]{0,8}\/[1-9][0-9]{0,3}[smhd]$/, 'write it as requests/time, like 60/1h')
    .default(standard)
    .transform((text): RateLimit => {
      const [burst, time] = text.split('/') as [string, string]
      const unit = UNITS[time.slice(-1) as keyof typeof UNITS]
      return { burst: Number(burst), refillMs: Number(time.slice(0, -1)) * unit }
    })

/** The directory's part of the environment. A limit `60/1h` is 60 at once, refilled over 1 hour. */
export const directoryConfig = z.object({
  ISTHMUS_DIRECTORY_HOST: host('127.0.0.1'),
  /** 0 for any free port. */
  ISTHMUS_DIRECTORY_PORT: port(8080),
  /** Origins whose web pages may call the API, separated by commas; `*` for all. */
  ISTHMUS_DIRECTORY_ORIGINS: z
    .string()
    .default('*')
    .transform((text) => text.split(',').map((origin) => origin.trim())),
  /** How many reverse proxies stand in front and append to X-Forwarded-For. */
  ISTHMUS_DIRECTORY_TRUSTED_PROXIES: integer(0, 0, 8),
  ISTHMUS_DIRECTORY_REQUEST_TIMEOUT_MS: integer(10_000, 100, 120_000),
  ISTHMUS_DIRECTORY_MAX_CONNECTIONS: integer(2_048, 1, 100_000),
  /** Password hashes computed at once (about 19 MiB and one core each), and waiting. */
  ISTHMUS_DIRECTORY_PASSWORDS_AT_ONCE: integer(2, 1, 64),
  ISTHMUS_DIRECTORY_PASSWORDS_WAITING: integer(64, 0, 10_000),
  /** For one client address: IPv4, or the first 64 bits of IPv6. */
  ISTHMUS_DIRECTORY_LIMIT_SIGN_UPS: rateLimit('30/1h'),
  ISTHMUS_DIRECTORY_LIMIT_SIGN_INS: rateLimit('60/1h'),
  ISTHMUS_DIRECTORY_LIMIT_CODES: rateLimit('30/1h'),
  /** For one handle, e-mail address or phone number. */
  ISTHMUS_DIRECTORY_LIMIT_SIGN_INS_PER_NAME: rateLimit('20/1h'),
  ISTHMUS_DIRECTORY_LIMIT_CODES_PER_PHONE: rateLimit('5/12h'),
  /** For one account: look-ups of people, and everything else. */
  ISTHMUS_DIRECTORY_LIMIT_LOOK_UPS: rateLimit('300/1h'),
  ISTHMUS_DIRECTORY_LIMIT_CHANGES: rateLimit('600/1h'),
})

export interface DirectoryConfig {
  readonly host: string
  readonly port: number
  readonly origins: readonly string[]
  readonly trustedProxies: number
  readonly requestTimeoutMs: number
  readonly maxConnections: number
  readonly passwords: { readonly atOnce: number; readonly waiting: number }
  readonly limits: Readonly<Record<LimitName, RateLimit>>
}

export type LimitName =
  'signUps' | 'signIns' | 'signInsPerName' | 'codes' | 'codesPerPhone' | 'lookUps' | 'changes'

const fromEnvironment = (env: z.output<typeof directoryConfig>): DirectoryConfig => ({
  host: env.ISTHMUS_DIRECTORY_HOST,
  port: env.ISTHMUS_DIRECTORY_PORT,
  origins: env.ISTHMUS_DIRECTORY_ORIGINS,
  trustedProxies: env.ISTHMUS_DIRECTORY_TRUSTED_PROXIES,
  requestTimeoutMs: env.ISTHMUS_DIRECTORY_REQUEST_TIMEOUT_MS,
  maxConnections: env.ISTHMUS_DIRECTORY_MAX_CONNECTIONS,
  passwords: {
    atOnce: env.ISTHMUS_DIRECTORY_PASSWORDS_AT_ONCE,
    waiting: env.ISTHMUS_DIRECTORY_PASSWORDS_WAITING,
  },
  limits: {
    signUps: env.ISTHMUS_DIRECTORY_LIMIT_SIGN_UPS,
    signIns: env.ISTHMUS_DIRECTORY_LIMIT_SIGN_INS,
    signInsPerName: env.ISTHMUS_DIRECTORY_LIMIT_SIGN_INS_PER_NAME,
    codes: env.ISTHMUS_DIRECTORY_LIMIT_CODES,
    codesPerPhone: env.ISTHMUS_DIRECTORY_LIMIT_CODES_PER_PHONE,
    lookUps: env.ISTHMUS_DIRECTORY_LIMIT_LOOK_UPS,
    changes: env.ISTHMUS_DIRECTORY_LIMIT_CHANGES,
  },
})

/**
 * @param env for example process.env; variables of other parts are ignored.
 * @throws ConfigError that names every variable that is wrong, and how.
 */
export const readDirectoryConfig = (env: Environment): DirectoryConfig =>
  fromEnvironment(readConfig(directoryConfig, env))
