/** Who may open a WebSocket, decided before there is one. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ProtocolFactory } from './protocol.ts'

export interface UpgradeProblem {
  readonly status: string
  readonly text: string
  readonly headers?: string
}

/** Why a request may not become a WebSocket, or undefined. */
export const upgradeProblem = (
  request: IncomingMessage,
  factory: ProtocolFactory,
  allowedOrigins: readonly string[],
  full: boolean,
): UpgradeProblem | undefined => {
  const url = request.url ?? ''
  if (url.includes('?')) {
    const text = 'Connect without a query: tokens belong inside the protocol, never into a URL.'
    return { status: '400 Bad Request', text }
  }
  if (url !== factory.path) {
    return { status: '404 Not Found', text: `The gateway listens on ${factory.path}.` }
  }
  const { origin } = request.headers
  if (origin && !allowedOrigins.includes('*') && !allowedOrigins.includes(origin)) {
    return { status: '403 Forbidden', text: 'This origin is not among the allowed ones.' }
  }
  const offered = request.headers['sec-websocket-protocol'] ?? ''
  if (!offered.split(',').some((name) => name.trim() === factory.subprotocol)) {
    const text = `Offer the WebSocket subprotocol "${factory.subprotocol}".`
    return { status: '400 Bad Request', text }
  }
  if (full) {
    // Spread over 5 to 15 s, so that those who were turned away do not come back all at once.
    const seconds = 5 + Math.floor(Math.random() * 11)
    const text = 'No room for another socket; try again later.'
    return { status: '503 Service Unavailable', text, headers: `Retry-After: ${seconds}\r\n` }
  }
  return undefined
}

export const refuseUpgrade = (socket: Duplex, problem: UpgradeProblem): void => {
  const body = `${problem.text}\n`
  socket.end(
    `HTTP/1.1 ${problem.status}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `${problem.headers ?? ''}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    // HTTP's sockets stay half open: a peer that never ends its side would hold this one for ever.
    () => socket.destroy(),
  )
}

/** Answers plain HTTP requests: there is nothing here but WebSockets. */
export const refuseRequest =
  (factory: ProtocolFactory) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(426, {
      'content-type': 'text/plain',
      connection: 'close',
      upgrade: 'websocket',
    })
    response.end(
      `This is an Isthmus gateway: connect by WebSocket to ${factory.path} ` +
        `with the subprotocol "${factory.subprotocol}".\n`,
    )
  }
