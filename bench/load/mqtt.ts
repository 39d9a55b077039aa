/**
 * MQTT 3.1.1 for the load: builds and reads the four packets of QoS 1 by hand. Also drives
 * Mosquitto, where the envelope is just a payload that comes out as it went in.
 */
import { sealedEnvelope } from '@isthmus/proto/codec'
import { WebSocket } from 'ws'
import type { CreateDriver } from './driver.ts'

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}

const packet = (first: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const length: number[] = []
  let rest = body.length
  do {
    length.push((rest & 127) | (rest > 127 ? 128 : 0))
    rest >>= 7
  } while (rest > 0)
  return Buffer.concat([Buffer.from([first, ...length]), body])
}

const connectPacket = (handle: string, token: string): Buffer =>
  packet(
    0x10,
    text('MQTT'),
    // Level 4; user name, password, clean session; keep alive 0.
    Buffer.from([4, 0xc2, 0, 0]),
    text(`load-${handle}`),
    text(handle),
    text(token),
  )

/** The bytes of the letter in a Delivery or, from Mosquitto, in a SealedEnvelope. */
const sealedIn = (payload: Buffer, plain: boolean): Uint8Array => {
  if (!plain) return payload.subarray(payload[1] !== undefined && payload[1] > 127 ? 3 : 2)
  return sealedEnvelope.decode(payload).letters[0]?.sealed ?? payload
}

export const mqttDriver =
  (plain: boolean): CreateDriver =>
  ({ url, handle, token }, events) => {
    const socket = new WebSocket(url, 'mqtt', { perMessageDeflate: false })
    const ready = Promise.withResolvers<void>()
    let rest: Buffer = Buffer.alloc(0)
    let nextId = 0
    let receiving = false

    // At once and one by one, as stock clients do.
    const acknowledge = (id: Buffer): void =>
      socket.send(Buffer.concat([Buffer.from([0x40, 2]), id]))

    const handle1 = (first: number, body: Buffer): void => {
      const type = first >> 4
      if (type === 2) {
        if (body[1] !== 0) ready.reject(new Error(`CONNACK ${body[1]}`))
        else if (!receiving) ready.resolve()
        else socket.send(packet(0x82, Buffer.from([0, 1]), text(`inbox/messenger/${handle}`), QOS1))
      } else if (type === 9) ready.resolve()
      else if (type === 4) events.accepted()
      else if (type === 3) {
        const topicLength = body.readUInt16BE(0)
        acknowledge(body.subarray(2 + topicLength, 4 + topicLength))
        events.delivered(sealedIn(body.subarray(4 + topicLength), plain))
      }
    }

    socket.on('open', () => socket.send(connectPacket(handle, token)))
    socket.on('message', (data: Buffer) => {
      let buffer = rest.length > 0 ? Buffer.concat([rest, data]) : data
      for (;;) {
        let length = 0
        let at = 1
        let complete = false
        while (at < buffer.length && at < 5) {
          const byte = buffer[at] ?? 0
          length |= (byte & 127) << (7 * (at - 1))
          at += 1
          if (byte < 128) {
            complete = true
            break
          }
        }
        if (!complete || buffer.length < at + length) break
        handle1(buffer[0] ?? 0, buffer.subarray(at, at + length))
        buffer = buffer.subarray(at + length)
      }
      rest = buffer
    })
    socket.on('error', (error) => ready.reject(error))
    socket.on('close', (code) => events.failed(`MQTT socket closed with ${code}`))

    return {
      connect: (receive) => {
        receiving = receive
        return ready.promise
      },
      send: (to, id, sealed) => {
        nextId = (nextId % 65_535) + 1
        const topic = plain ? `inbox/messenger/${to.handle}` : `to/${to.network}/${to.handle}`
        const letters = [{ deviceId: to.device, sealed }]
        const payload = Buffer.from(sealedEnvelope.encode({ id, letters }))
        const packetId = Buffer.from([nextId >> 8, nextId & 255])
        socket.send(packet(0x32, text(topic), packetId, payload))
      },
      close: () => {
        socket.removeAllListeners('close')
        socket.close()
      },
    }
  }

const QOS1 = Buffer.from([1])
