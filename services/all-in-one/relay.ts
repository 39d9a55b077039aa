/** The embedded profile: every service in one process, on one file. */
import { createInProcessBus } from '@isthmus/bus/in-process'
import type { Bus } from '@isthmus/bus/port'
import { openSqliteDirectory } from '@isthmus/directory-store/sqlite'
import { createConsoleCodeSender, createWebhookCodeSender } from '@isthmus/directory/code-sender'
import type { CodeSender } from '@isthmus/directory/code-sender'
import { startDirectory } from '@isthmus/directory/service'
import { DEFAULT_GATEWAY_LIMITS, type GatewayLimits } from '@isthmus/gateway-core/gateway'
import { noMetrics } from '@isthmus/gateway-core/metrics'
import type { GatewayServer } from '@isthmus/gateway-core/serve'
import { startInstagramGateway } from '@isthmus/gateway-instagram/service'
import { startMessengerGateway } from '@isthmus/gateway-messenger/service'
import { startWhatsAppGateway } from '@isthmus/gateway-whatsapp/service'
import { openSqliteMailboxes } from '@isthmus/mailbox/sqlite'
import { startRouter } from '@isthmus/router/service'
import { systemClock } from '@isthmus/runtime/clock'
import { idKeys } from '@isthmus/runtime/ids'
import { createLifecycle, type Lifecycle } from '@isthmus/runtime/lifecycle'
import type { Logger } from '@isthmus/runtime/logger'
import { openSqliteThread } from '@isthmus/sqlite/open'
import { join } from 'node:path'
import type { RelayConfig } from './config.ts'
import { loadRealm } from './realm.ts'

export interface Relay {
  readonly urls: {
    readonly directory: string
    readonly whatsapp: string
    readonly messenger: string
    readonly instagram: string
  }
  /** The database file. */
  readonly file: string
  /** Drains the gateways, then stops everything in order. */
  readonly stop: () => Promise<void>
}

/** What the demo and the tests put in place of the relay's own. */
export interface RelayParts {
  readonly bus?: Bus
  readonly codeSender?: CodeSender
}

/** @throws Error when a port is taken, or the data folder can't be used; nothing is left running. */
export const startRelay = async (
  config: RelayConfig,
  log: Logger,
  parts: RelayParts = {},
): Promise<Relay> => {
  const lifecycle = createLifecycle(log)
  try {
    return await compose(config, log, lifecycle, parts)
  } catch (error) {
    await lifecycle.stop()
    throw error
  }
}

const compose = async (
  config: RelayConfig,
  log: Logger,
  lifecycle: Lifecycle,
  parts: RelayParts,
): Promise<Relay> => {
  const realm = config.ISTHMUS_REALM
  const { secret, certificateSeed } = loadRealm(config.ISTHMUS_DATA)
  const ids = idKeys(secret)
  const file = join(config.ISTHMUS_DATA, 'isthmus.db')

  const thread = await openSqliteThread(file)
  lifecycle.onStop('database', () => thread.close())
  const store = await openSqliteDirectory(thread)
  lifecycle.onStop('directory store', () => store.close())
  const mailboxes = await openSqliteMailboxes(thread, mailboxOptions(config))
  lifecycle.onStop('mailboxes', () => mailboxes.close())
  const bus = parts.bus ?? createInProcessBus()
  lifecycle.onStop('bus', () => bus.close())

  const directory = await startDirectory({
    ...{ bus, store, ids, realm, certificateSeed, mailboxes },
    codeSender: parts.codeSender ?? codeSender(config),
    config: config.directory,
    log: log.child({ service: 'directory' }),
  })
  lifecycle.onStop('directory', () => directory.stop())
  const routerLog = log.child({ service: 'router' })
  const router = startRouter({ bus, mailboxes, clock: systemClock, log: routerLog })
  lifecycle.onStop('router', () => router.stop())

  const deps = { bus, mailboxes, ids, realm, clock: systemClock, metrics: noMetrics }
  const shared = {
    allowedOrigins: config.ISTHMUS_ALLOWED_ORIGINS,
    limits: gatewayLimits(config),
  }
  const logOf = (service: string): Logger => log.child({ service })
  const gateways: GatewayServer[] = []
  lifecycle.onStop('gateways', async () => {
    await Promise.all(gateways.map((gateway) => gateway.stop(config.ISTHMUS_DRAIN_MS)))
  })
  // One after the other: when one can't have its port, those before it are stopped.
  const keep = (gateway: GatewayServer): GatewayServer => {
    gateways.push(gateway)
    return gateway
  }
  const whatsapp = keep(
    await startWhatsAppGateway({ ...deps, log: logOf('gateway-whatsapp') }, config, shared),
  )
  const messenger = keep(
    await startMessengerGateway({ ...deps, log: logOf('gateway-messenger') }, config, shared),
  )
  const instagram = keep(
    await startInstagramGateway({ ...deps, log: logOf('gateway-instagram') }, config, shared),
  )
  const urls = {
    directory: directory.url,
    whatsapp: whatsapp.url,
    messenger: messenger.url,
    instagram: instagram.url,
  }
  return { urls, file, stop: lifecycle.stop }
}

const gatewayLimits = (config: RelayConfig): GatewayLimits => ({
  ...DEFAULT_GATEWAY_LIMITS,
  maxSockets: config.ISTHMUS_MAX_SOCKETS,
  submissionRate: config.ISTHMUS_SUBMISSION_RATE,
  submissionBurst: config.ISTHMUS_SUBMISSION_BURST,
  slowReaderMs: config.ISTHMUS_SLOW_READER_SECONDS * 1000,
  // All share one writer thread here, so a second lane would only halve the batches.
  lanes: 1,
})

const mailboxOptions = (config: RelayConfig): { quota: { letters: number; bytes: number } } => ({
  quota: { letters: config.ISTHMUS_MAILBOX_LETTERS, bytes: config.ISTHMUS_MAILBOX_BYTES },
})

const codeSender = (config: RelayConfig): CodeSender => {
  const { ISTHMUS_CODE_WEBHOOK_URL: url, ISTHMUS_CODE_WEBHOOK_SECRET: secret } = config
  if (url === undefined || secret === undefined) {
    return createConsoleCodeSender((text) => process.stdout.write(text))
  }
  return createWebhookCodeSender({ url, secret })
}
