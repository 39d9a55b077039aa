/** graphql-transport-ws for the load. Acknowledges once for all letters of a turn. */
import { WebSocket } from 'ws'
import type { CreateDriver } from './driver.ts'

const SEND =
  'mutation Send($to: Address!, $id: ID!, $letters: [LetterInput!]!) { send(to: $to, id: $id, letters: $letters) { id } }'
const ACKNOWLEDGE = 'mutation Acknowledge($upTo: Sequence!) { acknowledge(upTo: $upTo) }'
const INBOX = 'subscription Inbox { inbox { sequence sealed acceptedAt } }'

interface Message {
  readonly id?: string
  readonly type: string
  readonly payload?: {
    readonly errors?: unknown
    readonly data?: { readonly inbox?: { readonly sequence: number; readonly sealed: string } }
  }
}

export const graphqlDriver: CreateDriver = ({ url, handle, token }, events) => {
  const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false })
  const ready = Promise.withResolvers<void>()
  const say = (message: object): void => socket.send(JSON.stringify(message))
  let receiving = false
  let nextId = 0
  let upTo = 0

  const acknowledgeSoon = (sequence: number): void => {
    if (upTo === 0) {
      setImmediate(() => {
        const payload = { query: ACKNOWLEDGE, variables: { upTo } }
        say({ id: `k${(nextId += 1)}`, type: 'subscribe', payload })
        upTo = 0
      })
    }
    upTo = sequence
  }

  socket.on('open', () => {
    const payload = { address: `instagram:${handle}`, token }
    say({ type: 'connection_init', payload })
  })
  socket.on('message', (data: Buffer) => {
    const { id, type, payload } = JSON.parse(data.toString()) as Message
    if (type === 'connection_ack') {
      if (receiving) say({ id: 'inbox', type: 'subscribe', payload: { query: INBOX } })
      ready.resolve()
    } else if (type === 'ping') say({ type: 'pong' })
    else if (type === 'error' || payload?.errors) events.failed(data.toString())
    else if (type === 'next' && payload?.data?.inbox) {
      const { sequence, sealed } = payload.data.inbox
      events.delivered(Buffer.from(sealed, 'base64'))
      acknowledgeSoon(sequence)
    } else if (type === 'next' && id?.startsWith('s')) events.accepted()
  })
  socket.on('error', (error) => ready.reject(error))
  socket.on('close', (code, reason) => {
    ready.reject(new Error(`closed ${code} ${reason.toString()}`))
    events.failed(`GraphQL socket closed with ${code} ${reason.toString()}`)
  })
  return {
    connect: (receive) => {
      receiving = receive
      return ready.promise
    },
    send: (to, id, sealed) => {
      const letters = [{ device: to.device, sealed: Buffer.from(sealed).toString('base64') }]
      const variables = { to: `${to.network}:${to.handle}`, id, letters }
      const payload = { query: SEND, variables }
      say({ id: `s${(nextId += 1)}`, type: 'subscribe', payload })
    },
    close: () => {
      socket.removeAllListeners('close')
      socket.close()
    },
  }
}
