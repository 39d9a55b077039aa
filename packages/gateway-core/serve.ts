/** The WebSocket shell: carries frames between real sockets and sessions. */
import { randomId, type SessionId } from '@isthmus/runtime/ids'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws'
import { refuseUpgrade, refuseRequest, upgradeProblem } from './admission.ts'
import { WebSocketConnection } from './connection.ts'
import { drain } from './drain.ts'
import { Gateway, type GatewayDeps, type GatewayLimits } from './gateway.ts'
import type { ProtocolFactory } from './protocol.ts'
import { Session } from './session.ts'

export interface ServeOptions {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** Origins that browsers may connect from; `*` for all. Clients without an Origin always may. */
  readonly allowedOrigins: readonly string[]
  readonly limits: GatewayLimits
}

export interface GatewayServer {
  /** Where clients connect, for example `ws://127.0.0.1:8083/mqtt`. */
  readonly url: string
  readonly sockets: () => number
  /**
   * Drains: takes no new socket, says goodbye to every session spread over `graceMs`, waits for
   * the answers under way, then closes. Never rejects.
   */
  readonly stop: (graceMs?: number) => Promise<void>
}

const SWEEP_MS = 1000

const WEBSOCKET_OPTIONS = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  // Milliseconds that a peer has to answer a close before its socket is destroyed.
  closeTimeout: 5000,
  // A message in floods of tiny fragments costs memory out of all proportion.
  maxFragments: 256,
  maxBufferedChunks: 4096,
  // Pongs that a peer may leave unread before its socket is destroyed.
  maxPendingAutoPongs: 60,
} as const

const frames = (factory: ProtocolFactory): ServerOptions => ({
  maxPayload: factory.maxFrameBytes,
  handleProtocols: () => factory.subprotocol,
})

/** @throws Error with code EADDRINUSE or EACCES when the port can't be had. */
export const serveGateway = async (
  factory: ProtocolFactory,
  deps: GatewayDeps,
  options: ServeOptions,
): Promise<GatewayServer> => {
  const gateway = new Gateway(deps, options.limits)
  const live = new Map<Session, WebSocketConnection>()
  const webSockets = new WebSocketServer({ ...WEBSOCKET_OPTIONS, ...frames(factory) })
  const server = createServer(
    // Node looks at its timeouts every 30 s unless it is told otherwise.
    { maxHeaderSize: 8192, requestTimeout: 10_000, connectionsCheckingInterval: SWEEP_MS },
    refuseRequest(factory),
  )
  server.headersTimeout = 10_000
  let draining = false

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const full = draining || live.size >= options.limits.maxSockets
    const problem = upgradeProblem(request, factory, options.allowedOrigins, full)
    if (problem) {
      refuseUpgrade(socket, problem)
      return
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => open(webSocket, socket))
  })

  const open = (webSocket: WebSocket, socket: Duplex): void => {
    const connection = new WebSocketConnection(webSocket, socket, factory.mergeFrames)
    const session = new Session(gateway, factory, connection, randomId() as SessionId)
    connection.start(session, () => gateway.now())
    live.set(session, connection)
    deps.metrics.socketOpened()
    webSocket.on('close', () => {
      live.delete(session)
      session.disconnected()
      deps.metrics.socketClosed()
    })
  }

  // Before the timer: what fails here must leave nothing that keeps the process alive.
  await listen(server, options)
  const sweep = setInterval(() => {
    const now = deps.clock.now()
    for (const [session, connection] of live) {
      connection.checkAlive(now)
      session.tick(now)
    }
  }, SWEEP_MS)

  const { address, port } = server.address() as AddressInfo
  const host = address.includes(':') ? `[${address}]` : address
  let stopping: Promise<void> | undefined
  return {
    url: `ws://${host}:${port}${factory.path}`,
    sockets: () => live.size,
    stop: (graceMs = 0) => {
      draining = true
      stopping ??= drain(live, gateway, graceMs).then(async () => {
        clearInterval(sweep)
        gateway.stop()
        await new Promise((resolve) => {
          server.close(resolve)
          server.closeAllConnections()
        })
      })
      return stopping
    },
  }
}

const listen = (server: Server, { host, port }: ServeOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
