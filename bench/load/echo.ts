/** The floor: a WebSocket that sends back what it gets. */
import { WebSocket } from 'ws'
import type { CreateDriver } from './driver.ts'

export const echoDriver: CreateDriver = ({ url }, events) => {
  const socket = new WebSocket(url, 'echo', { perMessageDeflate: false })
  const ready = Promise.withResolvers<void>()
  socket.on('open', () => ready.resolve())
  socket.on('error', (error) => ready.reject(error))
  socket.on('message', (data: Buffer) => {
    events.accepted()
    events.delivered(data)
  })
  socket.on('close', (code) => events.failed(`echo socket closed with ${code}`))
  return {
    connect: () => ready.promise,
    send: (_to, _id, sealed) => socket.send(sealed),
    close: () => {
      socket.removeAllListeners('close')
      socket.close()
    },
  }
}
