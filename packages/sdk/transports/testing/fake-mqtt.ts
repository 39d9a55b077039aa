/** The Messenger gateway's protocol (MQTT 5), as far as the transport meets it. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { DeliverySchema } from '@isthmus/proto/gen/isthmus/v1/delivery_pb'
import { SealedEnvelopeSchema } from '@isthmus/proto/gen/isthmus/v1/envelope_pb'
import mqttPacket, { type IConnectPacket, type IPublishPacket, type Packet } from 'mqtt-packet'
import type { Answer } from '../port.ts'
import { listen, type Ending, type FakeGateway } from './gateway.ts'

const V5 = { protocolVersion: 5 } as const

const ENDINGS: Record<Exclude<Ending, 'drop'>, readonly [number, number]> = {
  'going-away': [0x8b, 1001],
  'try-later': [0x96, 1013],
  replaced: [0x8e, 4409],
  revoked: [0x87, 4403],
  violation: [0x82, 1002],
}

const toProperties = (answer: Exclude<Answer, { accepted: true }>) => ({
  reasonString: 'no',
  userProperties: {
    error: answer.code.toUpperCase().replaceAll('-', '_'),
    ...(answer.missing.length > 0 ? { missing: [...answer.missing] } : {}),
    ...(answer.extra.length > 0 ? { extra: [...answer.extra] } : {}),
    ...(answer.retryAfterMs === undefined ? {} : { 'retry-after-ms': String(answer.retryAfterMs) }),
  },
})

export const fakeMqttGateway = async (): Promise<FakeGateway> => {
  let acknowledged = 0
  let inbox = ''
  const say = (packet: object): void =>
    shell.socket().send(mqttPacket.generate(packet as Packet, V5))
  const connected = ({ username, password }: IConnectPacket): void => {
    const token = String(password)
    gateway.logins.push({ address: `messenger:${username}`, token })
    const isRight = gateway.isRight(token)
    say({ cmd: 'connack', sessionPresent: false, reasonCode: isRight ? 0 : 0x86 })
    if (!isRight) shell.socket().close(4403)
  }
  const published = ({ topic, payload, messageId }: IPublishPacket): void => {
    const { id, letters, ttlSeconds } = fromBinary(
      SealedEnvelopeSchema,
      new Uint8Array(payload as Buffer),
    )
    const [, network, handle] = topic.split('/')
    const plain = letters.map(({ deviceId, sealed }) => ({ deviceId, sealed }))
    const submission = { id, to: `${network}:${handle}`, letters: plain, ttlSeconds }
    gateway.submissions.push(submission)
    const answer = gateway.answer(submission)
    if (answer?.accepted) say({ cmd: 'puback', messageId, reasonCode: 0 })
    else if (answer) {
      say({ cmd: 'puback', messageId, reasonCode: 0x83, properties: toProperties(answer) })
    }
  }
  const shell = await listen('mqtt', '/mqtt', () => {
    const parser = mqttPacket.parser(V5)
    parser.on('packet', (packet) => {
      if (packet.cmd === 'connect') connected(packet)
      else if (packet.cmd === 'publish') published(packet)
      else if (packet.cmd === 'puback') acknowledged = Math.max(acknowledged, packet.messageId ?? 0)
      else if (packet.cmd === 'pingreq') say({ cmd: 'pingresp' })
      else if (packet.cmd === 'subscribe') {
        inbox = packet.subscriptions[0]?.topic ?? ''
        say({ cmd: 'suback', messageId: packet.messageId, granted: [1] })
      }
    })
    return { receive: (data) => void parser.parse(data) }
  })
  const publish = (payload: Uint8Array, messageId: number): void =>
    say({
      ...{ cmd: 'publish', topic: inbox, qos: 1, dup: false, retain: false, messageId },
      payload: Buffer.from(payload),
    })
  const gateway: FakeGateway = {
    url: shell.url,
    logins: [],
    submissions: [],
    acknowledged: () => acknowledged,
    answer: () => ({ accepted: true }),
    isRight: (token) => token !== 'isth_wrong',
    deliver: ({ sequence, acceptedAt, sealed }) => {
      const fields = { sealed, acceptedAt: BigInt(acceptedAt), sequence: BigInt(sequence) }
      publish(toBinary(DeliverySchema, create(DeliverySchema, fields)), sequence)
    },
    deliverGarbage: () => publish(Uint8Array.of(255, 255), 1),
    end: (how) => {
      if (how === 'drop') return shell.socket().terminate()
      const [reasonCode, code] = ENDINGS[how]
      say({ cmd: 'disconnect', reasonCode })
      shell.socket().close(code)
    },
    sockets: () => shell.server.clients.size,
    stop: shell.stop,
  }
  return gateway
}
