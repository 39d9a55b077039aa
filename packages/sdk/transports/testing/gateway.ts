/** What the transports' tests need of a gateway, and the WebSocket server that the fakes share. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Answer, DeliveredLetter, Submission } from '../port.ts'

export type Ending = 'going-away' | 'try-later' | 'replaced' | 'revoked' | 'violation' | 'drop'

/** A gateway that knows one protocol, one device, and what a test tells it. */
export interface FakeGateway {
  readonly url: string
  /** Addresses and tokens that were tried. */
  readonly logins: { readonly address: string; readonly token: string }[]
  readonly submissions: Submission[]
  /** The sequence up to which letters were acknowledged. */
  readonly acknowledged: () => number
  /** Default: accepted. */
  answer: (submission: Submission) => Answer | undefined
  /** Default: every token but `isth_wrong` is right. */
  isRight: (token: string) => boolean
  readonly deliver: (letter: DeliveredLetter) => void
  /** Something in the place of a letter that is none. */
  readonly deliverGarbage: () => void
  readonly end: (how: Ending) => void
  readonly sockets: () => number
  readonly stop: () => Promise<void>
}

/** One protocol's side of a socket. */
export interface Session {
  readonly receive: (data: Buffer, isBinary: boolean) => void
}

export interface Shell {
  readonly server: WebSocketServer
  readonly url: string
  /** The newest socket. */
  readonly socket: () => WebSocket
  readonly stop: () => Promise<void>
}

export const listen = async (
  subprotocol: string,
  path: string,
  open: (socket: WebSocket) => Session,
): Promise<Shell> => {
  const server = new WebSocketServer({
    ...{ host: '127.0.0.1', port: 0, path },
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  })
  let newest: WebSocket | undefined
  server.on('connection', (socket) => {
    newest = socket
    const session = open(socket)
    socket.on('message', (data, isBinary) => session.receive(data as Buffer, isBinary))
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    server,
    url: `ws://127.0.0.1:${port}${path}`,
    socket: () => {
      if (!newest) throw new Error('nobody connected')
      return newest
    },
    stop: async () => {
      for (const socket of server.clients) socket.terminate()
      server.close()
      await once(server, 'close')
    },
  }
}
