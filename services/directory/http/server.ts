/** Carries the app to a socket, with limits on time and number. */
import { STATUS_CODES, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { DirectoryConfig } from '../config.ts'
import { Problem, problemBody, problemStatus, type ProblemCode } from '../problems.ts'
import type { App } from './api.ts'
import { PROBLEM_TYPE } from './problem-response.ts'

export interface RunningServer {
  readonly url: string
  /** Lets requests under way end, for a while, then closes. */
  readonly stop: () => Promise<void>
}

/** Milliseconds that requests under way get at a stop. */
const STOP_MS = 5_000

/** What Node's parser refuses before there is a request. */
const PROBLEM_OF_PARSER: Record<string, ProblemCode> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'too-large',
}

const refuseRaw = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const problem = new Problem(PROBLEM_OF_PARSER[error.code ?? ''] ?? 'malformed')
  const status = problemStatus(problem.code)
  const body = JSON.stringify(problemBody(problem))
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n` +
      `content-type: ${PROBLEM_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

const urlOf = ({ address, port, family }: AddressInfo): string =>
  `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`

export const listen = async (app: App, config: DirectoryConfig): Promise<RunningServer> => {
  const { requestTimeoutMs } = config
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: {
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs / 2),
      keepAliveTimeout: 5_000,
    },
  }) as Server
  server.maxConnections = config.maxConnections
  server.on('clientError', refuseRaw)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.port, config.host, resolve)
  })
  return {
    url: urlOf(server.address() as AddressInfo),
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      // Connections become idle one by one, as their requests are answered.
      const idle = setInterval(() => server.closeIdleConnections(), 20)
      const force = setTimeout(() => server.closeAllConnections(), STOP_MS)
      await closed
      clearInterval(idle)
      clearTimeout(force)
    },
  }
}
