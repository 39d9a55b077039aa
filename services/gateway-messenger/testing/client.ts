/** A client that speaks to a machine through mqtt-packet alone, and the packets it needs. */
import type { GoodbyeReason, ProtocolMachine } from '@isthmus/gateway-core/protocol'
import { ErrorCode, sealedEnvelope, type Answer } from '@isthmus/proto/codec'
import type { DeviceId } from '@isthmus/runtime/ids'
import {
  generate,
  parser,
  type IConnectPacket,
  type IPublishPacket,
  type Packet,
} from 'mqtt-packet'
import { createMqttProtocol } from '../machine.ts'
import { DEFAULT_MQTT_LIMITS, type MqttLimits } from '../protocol/limits.ts'
import { Recorder } from './recorder.ts'

export type Version = 4 | 5

export const DEVICE = 'AAAAAAAAAAAAAAAAAAAAAA' as DeviceId
export const NONCE = 'nonce_________________'
export const TOKEN = `isth_${'t'.repeat(43)}`
export const INBOX = 'inbox/messenger/ada.lovelace'
export const ANSWERS_TOPIC = 'answers/messenger/ada.lovelace'
export const TO_GRACE = 'to/instagram/grace'

export const answerOf = (error: ErrorCode, more: Partial<Answer> = {}): Answer => ({
  error,
  missing: [],
  extra: [],
  retryAfterMs: 0,
  ...more,
})

export const ACCEPTED = answerOf(ErrorCode.UNSPECIFIED)

export const envelopeOf = (id: string, ttlSeconds = 0): Buffer =>
  Buffer.from(
    sealedEnvelope.encode({
      id,
      letters: [{ deviceId: DEVICE, sealed: new Uint8Array(49) }],
      ttlSeconds,
    }),
  )

export interface ClientOptions {
  readonly version?: Version
  readonly limits?: Partial<MqttLimits>
  /** What an earlier connection of the device left. */
  readonly retained?: Map<string, unknown>
}

export class Client {
  readonly version: Version
  readonly recorder: Recorder
  readonly machine: ProtocolMachine
  now = 1_000_000

  constructor({ version = 4, limits = {}, retained }: ClientOptions = {}) {
    this.version = version
    this.recorder = new Recorder(retained)
    this.machine = createMqttProtocol({ ...DEFAULT_MQTT_LIMITS, ...limits }).createMachine({
      effects: this.recorder,
      now: this.now,
      nonce: NONCE,
      realm: 'isthmus.test',
    })
  }

  /** Sends bytes as one WebSocket message. */
  raw(bytes: Uint8Array | readonly number[]): this {
    this.machine.receive(bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes), this.now)
    return this
  }

  send(packet: Packet): this {
    return this.raw(this.bytesOf(packet))
  }

  bytesOf(packet: Packet): Buffer {
    return generate(packet, { protocolVersion: this.version })
  }

  connect(fields: Partial<IConnectPacket> = {}): this {
    return this.send(connectPacket(this.version, fields))
  }

  /** Connects and is let in; takes the CONNACK. */
  login(fields: Partial<IConnectPacket> = {}): Packet {
    this.connect(fields)
    this.machine.authenticated({ outcome: 'accepted', device: DEVICE })
    const [connack] = this.take()
    if (!connack) throw new Error('no CONNACK')
    return connack
  }

  /** Subscribes; takes the codes of the SUBACK. */
  subscribe(...topics: string[]): readonly number[] {
    const subscriptions = topics.map((topic) => ({ topic, qos: 1 as const }))
    this.send({ cmd: 'subscribe', messageId: 1, subscriptions })
    const [suback] = this.take()
    if (suback?.cmd !== 'suback') throw new Error('no SUBACK')
    return suback.granted as number[]
  }

  publish(messageId: number, id: string, fields: Partial<IPublishPacket> = {}): this {
    return this.send(publishPacket(messageId, id, fields))
  }

  deliver(sequence: number, text = `letter ${sequence}`): void {
    this.machine.deliver({ sequence, previous: sequence - 1, bytes: Buffer.from(text) })
  }

  puback(messageId: number): this {
    return this.raw([0x40, 2, messageId >>> 8, messageId & 0xff])
  }

  goodbye(reason: GoodbyeReason): void {
    this.machine.goodbye(reason)
  }

  /** The packets sent since the last call, as mqtt-packet reads them. */
  take(): Packet[] {
    return parseAll(this.recorder.frames.splice(0), this.version)
  }

  get closed(): { code: number; reason: string } | undefined {
    return this.recorder.closes[0]
  }

  /** The reason code of the DISCONNECT that was sent last, if one was. */
  disconnectCode(): number | undefined {
    const last = this.take().at(-1)
    return last?.cmd === 'disconnect' ? last.reasonCode : undefined
  }
}

export const connectPacket = (
  version: Version,
  fields: Partial<IConnectPacket> = {},
): IConnectPacket => ({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: version,
  clean: true,
  clientId: 'phone',
  keepalive: 60,
  username: 'ada.lovelace',
  password: Buffer.from(TOKEN),
  ...fields,
})

export const publishPacket = (
  messageId: number,
  id: string,
  fields: Partial<IPublishPacket> = {},
): IPublishPacket => ({
  cmd: 'publish',
  topic: TO_GRACE,
  payload: envelopeOf(id),
  qos: 1,
  dup: false,
  retain: false,
  messageId,
  ...fields,
})

/** @throws what mqtt-packet says of bytes that a client would refuse. */
export const parseAll = (frames: readonly Uint8Array[], version: Version): Packet[] => {
  const packets: Packet[] = []
  const reading = parser({ protocolVersion: version })
  reading.on('packet', (packet) => packets.push(packet))
  reading.on('error', (error) => {
    throw error
  })
  for (const frame of frames) {
    const left = reading.parse(Buffer.from(frame))
    if (left > 0) throw new Error('a frame does not end with a packet')
  }
  return packets
}
