/** Logs in as many sockets as it is told and keeps them idle. */
import type { Network } from '@isthmus/runtime/address'
import type { CreateDriver } from './driver.ts'
import { graphqlDriver } from './graphql.ts'
import { mqttDriver } from './mqtt.ts'
import { xmppDriver } from './xmpp.ts'

interface IdleJob {
  readonly network: Network
  readonly url: string
  readonly people: readonly { readonly handle: string; readonly token: string }[]
}

const DRIVERS: Record<Network, CreateDriver> = {
  whatsapp: xmppDriver(false),
  messenger: mqttDriver(false),
  instagram: graphqlDriver,
}

/** Logins under way at once. */
const CONCURRENCY = 100

const run = async ({ network, url, people }: IdleJob): Promise<void> => {
  const realm = 'isthmus.localhost'
  const rest = people.values()
  const ignore = (): void => undefined
  const failed = (why: string): void => void process.send?.(why)
  const connectNext = async (): Promise<void> => {
    for (const { handle, token } of rest) {
      const credentials = { url, realm, handle, token }
      const events = { accepted: ignore, delivered: ignore, failed }
      await DRIVERS[network](credentials, events).connect(true)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, connectNext))
  process.send?.('connected')
}

process.once('message', (job: IdleJob) => {
  run(job).catch((error: unknown) => void process.send?.(String(error)))
})
