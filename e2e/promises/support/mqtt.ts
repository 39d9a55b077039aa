/** MQTT 3.1.1 and 5 over WebSocket, QoS 1 both ways. */
import { delivery, sealedEnvelope } from '@isthmus/proto/codec'
import type { Address } from '@isthmus/runtime/address'
import {
  ACCEPTED,
  LoginRefused,
  type Answer,
  type Client,
  type Connect,
  type Events,
  type Sealed,
} from './client.ts'
import {
  connect,
  PacketReader,
  puback,
  publish,
  readVariable,
  subscribe,
  type Packet,
  type Version,
} from './mqtt-packets.ts'
import { hex, refusalIn, refusalOnTopic } from './mqtt-answers.ts'
import { Socket, SocketClosed } from './socket.ts'

const TYPE = { connack: 2, publish: 3, puback: 4, suback: 9, disconnect: 14 } as const

/** Session Expiry Interval: 300 s. */
const KEEP_SESSION = Buffer.from([0x11, 0, 0, 1, 44])

export { hex }

export const connectMqtt: Connect = async (urls, who, events, options = {}) => {
  const version = options.version ?? 5
  const socket = await Socket.open(urls.messenger, 'mqtt')
  const reader = new PacketReader()
  const waiting: Packet[] = []
  const next = async (type: number): Promise<Packet> => {
    for (;;) {
      const index = waiting.findIndex((packet) => packet.type === type)
      const [found] = index < 0 ? [] : waiting.splice(index, 1)
      if (found) return found
      waiting.push(...reader.push(await socket.next(`a packet of type ${type}`)))
    }
  }
  const login = {
    ...{ version, clientId: 'light', userName: who.handle, password: who.token, clean: false },
    ...(version === 5 && { properties: KEEP_SESSION }),
  }
  socket.send(connect(login))
  const connack = await next(TYPE.connack).catch((error: unknown) => {
    throw error instanceof SocketClosed ? new LoginRefused(String(error.code)) : error
  })
  const code = connack.body[1] ?? 0
  if (code !== 0) {
    socket.drop()
    throw new LoginRefused(hex(code))
  }
  const filters = [
    `answers/messenger/${who.handle}`,
    ...(options.receive ? [`inbox/messenger/${who.handle}`] : []),
  ]
  const client = new MqttClient(socket, events, version, connack.body[0] === 1)
  // A session that was kept has its inbox open already: letters may stand behind the CONNACK.
  socket.send(subscribe(version, 1, filters))
  for (const packet of waiting) client.receive(packet)
  socket.listen((frame) => {
    for (const packet of reader.push(frame)) client.receive(packet)
  })
  return client
}

class MqttClient implements Client {
  readonly resumed: boolean
  readonly #socket: Socket
  readonly #events: Events
  readonly #version: Version
  readonly #sent = new Map<number, string>()
  readonly #refused = new Map<string, Answer>()
  #packetId = 1
  #received = 0
  #acknowledged = 0
  #said = ''

  constructor(socket: Socket, events: Events, version: Version, resumed: boolean) {
    this.resumed = resumed
    this.#socket = socket
    this.#events = events
    this.#version = version
    void socket.closed.then((end) => events.end({ ...end, said: this.#said }))
  }

  submit(id: string, { network, handle }: Address, letters: readonly Sealed[]): void {
    this.#packetId = (this.#packetId % 65_535) + 1
    this.#sent.set(this.#packetId, id)
    const envelope = letters.map(({ device, sealed }) => ({ deviceId: device, sealed }))
    const payload = sealedEnvelope.encode({ id, letters: envelope })
    const topic = `to/${network}/${handle}`
    this.#socket.send(publish({ version: this.#version, topic, packetId: this.#packetId, payload }))
  }

  acknowledge(upTo: number): void {
    const packets: Buffer[] = []
    for (; this.#acknowledged < Math.min(upTo, this.#received); this.#acknowledged++) {
      packets.push(puback((this.#acknowledged % 65_535) + 1))
    }
    if (packets.length > 0) this.#socket.send(Buffer.concat(packets))
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  drop(): void {
    this.#socket.drop()
  }

  close(): void {
    this.#socket.send(Buffer.from([0xe0, 0]))
  }

  /** The relay keeps it, under the client identifier. */
  session(): undefined {
    return undefined
  }

  receive({ type, flags, body }: Packet): void {
    if (type === TYPE.publish) this.#receivePublish(flags, body)
    else if (type === TYPE.puback) this.#receivePuback(body)
    else if (type === TYPE.disconnect) this.#said = hex(body[0] ?? 0)
  }

  #receivePublish(flags: number, body: Buffer): void {
    const topicEnd = 2 + body.readUInt16BE(0)
    const isAnswer = body.toString('utf8', 2, topicEnd).startsWith('answers/')
    const behind = body.subarray(topicEnd + ((flags & 6) > 0 ? 2 : 0))
    const payload = this.#version === 5 ? withoutProperties(behind) : behind
    if (isAnswer) {
      const refused = refusalOnTopic(payload)
      this.#refused.set(refused.id, refused.answer)
      return
    }
    const { sequence, sealed, acceptedAt } = delivery.decode(payload)
    // After a reconnection the relay begins at what it has no PUBACK for.
    if (this.#received === 0) this.#acknowledged = sequence - 1
    this.#received = sequence
    this.#events.letter({ sequence, sealed, acceptedAt })
  }

  #receivePuback(body: Buffer): void {
    const packetId = body.readUInt16BE(0)
    const id = this.#sent.get(packetId)
    if (id === undefined) return
    this.#sent.delete(packetId)
    const refused = this.#refused.get(id)
    this.#refused.delete(id)
    const code = body[2] ?? 0
    this.#events.answer(id, code === 0 ? (refused ?? ACCEPTED) : refusalIn(code, body.subarray(3)))
  }
}

const withoutProperties = (bytes: Buffer): Buffer => {
  const { value, rest } = readVariable(bytes)
  return rest.subarray(value)
}
