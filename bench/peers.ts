/** What the relay is measured beside: a bare echo, Mosquitto and ejabberd. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import type { Pair, ProtocolName } from './load/main.ts'
import { startProcess, type ServerProcess } from './process.ts'

export interface Peer extends ServerProcess {
  readonly name: string
  readonly protocol: ProtocolName
  readonly pairs: readonly Pair[]
}

type StartPeer = (folder: string, pairs: number) => Promise<Peer | { readonly missing: string }>

/** Pairs of names that need no account. */
const anonymousPairs = (url: string, realm: string, count: number): Pair[] =>
  Array.from({ length: count }, (_, index) => {
    const one = (role: string): Pair['sender'] => {
      return { url, realm, handle: `${role}.${index}`, token: 'secret' }
    }
    const recipient = { network: 'messenger', handle: `receiver.${index}`, device: 'd'.repeat(22) }
    return { sender: one('sender'), receiver: one('receiver'), recipient }
  })

const onPath = (command: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolvePort) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolvePort(port))
    })
  })

export const echoServer: StartPeer = async (_, count) => {
  const script = resolve(import.meta.dirname, 'echo-server.ts')
  const server = await startProcess(process.execPath, [script], {}, (output) =>
    output.includes('ws://'),
  )
  const url = /ws:\S+/.exec(server.output)?.[0] ?? ''
  return {
    ...server,
    name: 'floor: ws echo',
    protocol: 'echo',
    pairs: anonymousPairs(url, '', count),
  }
}

export const mosquittoServer: StartPeer = async (folder, count) => {
  if (!onPath('mosquitto')) return { missing: 'mosquitto: not installed, not measured' }
  const port = await freePort()
  const config = join(folder, 'mosquitto.conf')
  const lines = [
    // Mosquitto 2.0 does not start with WebSocket listeners alone.
    `listener ${await freePort()} 127.0.0.1`,
    `listener ${port} 127.0.0.1`,
    'protocol websockets',
    'allow_anonymous true',
    'max_inflight_messages 1000',
    'max_queued_messages 100000',
    'log_type error',
    'log_type notice',
    'log_type information',
    'connection_messages false',
  ]
  writeFileSync(config, `${lines.join('\n')}\n`)
  const server = await startProcess('mosquitto', ['-c', config], {}, (output) =>
    output.includes('running'),
  )
  const pairs = anonymousPairs(`ws://127.0.0.1:${port}`, '', count)
  return { ...server, name: 'peer: mosquitto (no fsync)', protocol: 'mosquitto', pairs }
}

/** Where Debian puts ejabberd's Erlang libraries. */
const ERLANG_LIBRARIES = '/usr/lib/x86_64-linux-gnu'

const ejabberdConfig = (port: number): string => `
hosts: [localhost]
loglevel: warning
auth_method: [anonymous]
anonymous_protocol: login_anon
allow_multiple_connections: true
listen:
  - port: ${port}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers:
      /ws: ejabberd_http_ws
modules:
  mod_stream_mgmt: {}
`

/** Run by erl itself, without a node name, so that no port mapper listens beyond loopback. */
export const ejabberdServer: StartPeer = async (folder, count) => {
  if (!onPath('ejabberdctl')) return { missing: 'ejabberd: not installed, not measured' }
  const port = await freePort()
  const config = join(folder, 'ejabberd.yml')
  writeFileSync(config, ejabberdConfig(port))
  const env = {
    ERL_LIBS: process.env['ERL_LIBS'] ?? ERLANG_LIBRARIES,
    EJABBERD_CONFIG_PATH: config,
    EJABBERD_LOG_PATH: join(folder, 'ejabberd.log'),
  }
  const args = ['-noinput', '+K', 'true', '-mnesia', 'dir', `"${folder}"`, '-s', 'ejabberd']
  // In the folder, since Mnesia leaves its dumps where it runs.
  const isLoading = (output: string): boolean => output.includes('loglevel')
  const server = await startProcess('erl', args, env, isLoading, folder)
  await answersOn(port)
  const pairs = anonymousPairs(`ws://127.0.0.1:${port}/ws`, 'localhost', count)
  return { ...server, name: 'peer: ejabberd (in memory)', protocol: 'ejabberd', pairs }
}

/** Resolves when something accepts connections on the port. */
const answersOn = async (port: number): Promise<void> => {
  const until = Date.now() + 20_000
  for (;;) {
    const open = await new Promise<boolean>((resolveOpen) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => {
        socket.destroy()
        resolveOpen(true)
      })
      socket.once('error', () => resolveOpen(false))
    })
    if (open) return
    if (Date.now() > until) throw new Error(`nothing answers on port ${port}`)
    await new Promise((resolveWait) => setTimeout(resolveWait, 100))
  }
}
