/** The HTTP request that becomes a WebSocket, or does not. */
import type { Network } from '@isthmus/runtime/address'
import { request, type IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'

export const SUBPROTOCOL: Record<Network, string> = {
  whatsapp: 'xmpp',
  messenger: 'mqtt',
  instagram: 'graphql-transport-ws',
}

export interface Upgraded {
  /** 101: there is a WebSocket. */
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Of a WebSocket; whoever asked for it has to end it. */
  readonly socket?: Duplex
}

/** The headers of a sound request. */
export const upgradeHeaders = (network: Network): Record<string, string> => ({
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': SUBPROTOCOL[network],
})

/** @param url `ws://...` */
export const upgrade = (url: string, headers: Record<string, string>): Promise<Upgraded> =>
  new Promise((resolve, reject) => {
    const asking = request(url.replace(/^ws/, 'http'), { headers, agent: false })
    asking.on('error', reject)
    asking.on('upgrade', ({ statusCode = 0, headers: given }, socket) => {
      socket.on('error', () => undefined)
      resolve({ status: statusCode, headers: given, body: '', socket })
    })
    asking.on('response', (response) => {
      let body = ''
      response.on('data', (data: Buffer) => (body += data.toString()))
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    })
    asking.end()
  })
