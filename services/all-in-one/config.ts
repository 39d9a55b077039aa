/** The embedded profile's environment: its own variables and those of the services in it. */
import { readDirectoryConfig, type DirectoryConfig } from '@isthmus/directory/config'
import { instagramConfig } from '@isthmus/gateway-instagram/config'
import { messengerConfig } from '@isthmus/gateway-messenger/config'
import { whatsappConfig } from '@isthmus/gateway-whatsapp/config'
import { ConfigError, integer, readConfig, type Environment } from '@isthmus/runtime/config'
import { z } from 'zod'

const own = z.object({
  /** The folder of the database and the realm's secrets. */
  ISTHMUS_DATA: z.string().default('data'),
  /** The realm's domain; changing it later changes everybody's JID. */
  ISTHMUS_REALM: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'must be a domain name in lower case')
    .default('isthmus.localhost'),
  ISTHMUS_LOG_LEVEL: z
    .enum(
      ['debug', 'info', 'warn', 'error', 'silent'],
      'must be debug, info, warn, error or silent',
    )
    .default('warn'),
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
  /** Seconds for which a reader may leave letters unacknowledged before it is disconnected. */
  ISTHMUS_SLOW_READER_SECONDS: integer(60, 1, 86_400),
  /** What one device's mailbox may hold, in letters and in bytes. */
  ISTHMUS_MAILBOX_LETTERS: integer(10_000, 1, 10_000_000),
  ISTHMUS_MAILBOX_BYTES: integer(67_108_864, 65_536, 1_000_000_000_000),
  /** Milliseconds over which goodbyes are spread when the relay stops. */
  ISTHMUS_DRAIN_MS: integer(0, 0, 600_000),
  /** Where one-time codes are POSTed to be sent by SMS; without it they are printed. */
  ISTHMUS_CODE_WEBHOOK_URL: z.url('must be a URL').optional(),
  /** The key that signs what is POSTed there. */
  ISTHMUS_CODE_WEBHOOK_SECRET: z.string().min(16, 'must have 16 characters or more').optional(),
})

const schema = z.object({
  ...own.shape,
  ...whatsappConfig.shape,
  ...messengerConfig.shape,
  ...instagramConfig.shape,
})

export interface RelayConfig extends z.output<typeof schema> {
  readonly directory: DirectoryConfig
}

/** So that all that is wrong is told at once. */
const attempt = <T>(read: () => T, problems: string[]): T | undefined => {
  try {
    return read()
  } catch (error) {
    problems.push((error as Error).message)
    return undefined
  }
}

/** @throws ConfigError that names every variable that is wrong. */
export const readRelayConfig = (env: Environment): RelayConfig => {
  const problems: string[] = []
  const config = attempt(() => readConfig(schema, env), problems)
  const directory = attempt(() => readDirectoryConfig(env), problems)
  if (!config || !directory) throw new ConfigError(problems.join('\n'))
  if (
    (config.ISTHMUS_CODE_WEBHOOK_URL === undefined) !==
    (config.ISTHMUS_CODE_WEBHOOK_SECRET === undefined)
  ) {
    throw new ConfigError('ISTHMUS_CODE_WEBHOOK_URL and ISTHMUS_CODE_WEBHOOK_SECRET go together')
  }
  return { ...config, directory }
}
