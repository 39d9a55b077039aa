/** `npm start`: runs the embedded profile until it is told to stop. */
import { ConfigError } from '@isthmus/runtime/config'
import { stopOnSignals } from '@isthmus/runtime/lifecycle'
import { createLogger } from '@isthmus/runtime/logger'
import { readRelayConfig, type RelayConfig } from './config.ts'
import { startRelay, type Relay } from './relay.ts'

const banner = (relay: Relay, config: RelayConfig): string => `
Isthmus is ready (realm ${config.ISTHMUS_REALM})

  directory  ${relay.urls.directory}   sign up, devices, keys; /openapi.json
  whatsapp   ${relay.urls.whatsapp}   XMPP
  messenger  ${relay.urls.messenger}   MQTT 3.1.1 and 5
  instagram  ${relay.urls.instagram}   graphql-transport-ws
  data       ${relay.file}

Try next:
  npm run demo       in another terminal: three people write to each other through this relay
  README.md          a first message with a client that you know

Ctrl-C stops it; nothing accepted is lost.
`

const run = async (): Promise<void> => {
  const config = readRelayConfig(process.env)
  const log = createLogger(config.ISTHMUS_LOG_LEVEL, 'isthmus')
  const relay = await startRelay(config, log)
  stopOnSignals(async () => {
    process.stdout.write('\nIsthmus is draining and stopping…\n')
    await relay.stop()
    process.stdout.write('stopped\n')
  })
  process.stdout.write(banner(relay, config))
}

const SQLITE_BUSY = 5
const SQLITE_NOT_A_DATABASE = 26

const explain = (error: unknown): string => {
  if (error instanceof ConfigError) return error.message
  const { code, port, errcode } = error as { code?: string; port?: number; errcode?: number }
  if (code === 'EADDRINUSE') {
    return `port ${port} is taken: stop what listens there, or choose another by ISTHMUS_…_PORT`
  }
  const { message } = error as Error
  if (errcode === SQLITE_BUSY) {
    return `another process runs on the data: stop it, or choose another ISTHMUS_DATA (${message})`
  }
  if (errcode === SQLITE_NOT_A_DATABASE) {
    return `the database is damaged: put its copy back, or move it away (${message})`
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

run().catch((error: unknown) => {
  process.stderr.write(`Isthmus did not start: ${explain(error)}\n`)
  process.exitCode = 1
})
