/** mqtt.js, in MQTT 3.1.1 and in MQTT 5, each with a persistent session. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { DeliverySchema } from '@isthmus/proto/gen/isthmus/v1/delivery_pb'
import {
  SealedEnvelopeSchema,
  SubmissionAnswerSchema,
} from '@isthmus/proto/gen/isthmus/v1/envelope_pb'
import { ErrorCode } from '@isthmus/proto/gen/isthmus/v1/error_pb'
import mqtt, { type MqttClient, type Packet } from 'mqtt'
import WebSocket from 'ws'
import { Line } from '../harness/line.ts'
import type { Letter } from '../harness/people.ts'
import { Queue } from '../harness/queue.ts'
import { within } from '../harness/within.ts'
import {
  ACCEPTED,
  Ends,
  Pending,
  RECONNECT_MS,
  type Outcome,
  type Received,
  type StockKind,
} from './client.ts'

type Version = 4 | 5

/** WebSocket close codes after which the protocol's page says not to connect again. */
const FINAL = [1002, 1003, 1008, 1009]
const SESSION_SECONDS = 3600

const envelopeOf = (id: string, letters: readonly Letter[]): Buffer => {
  const fields = letters.map(({ device, sealed }) => ({ deviceId: device, sealed }))
  return Buffer.from(
    toBinary(SealedEnvelopeSchema, create(SealedEnvelopeSchema, { id, letters: fields })),
  )
}

const letterOf = (payload: Uint8Array): Received => {
  const { sequence, sealed, acceptedAt } = fromBinary(DeliverySchema, payload)
  return { sequence: Number(sequence), sealed, acceptedAt: Number(acceptedAt) }
}

const list = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : [value].flat()

/** MQTT 5: the PUBACK itself says what is wrong. */
const refusalOf5 = (packet: Packet | undefined): Outcome => {
  const { reasonCode, properties } = packet as {
    reasonCode: number
    properties?: { userProperties?: Record<string, string | string[]> }
  }
  const user = properties?.userProperties ?? {}
  return {
    answer: list(user['error'])[0] ?? 'none',
    code: `0x${reasonCode.toString(16)}`,
    missing: list(user['missing']),
    extra: list(user['extra']),
    retryAfterMs: Number(list(user['retry-after-ms'])[0] ?? 0),
  }
}

const ERROR_NAMES = new Map<number, string>(
  Object.entries(ErrorCode).map(([name, number]) => [number, name]),
)

/** MQTT 3.1.1: the relay tells on a topic of its own before the PUBACK. */
const refusalOf4 = (payload: Uint8Array): { id: string; outcome: Outcome } => {
  const { id, answer } = fromBinary(SubmissionAnswerSchema, payload)
  const { error = 0, missing = [], extra = [], retryAfterMs = 0 } = answer ?? {}
  const name = ERROR_NAMES.get(error) ?? 'none'
  return { id, outcome: { answer: name, code: name, missing, extra, retryAfterMs } }
}

const connected = (client: MqttClient): Promise<void> =>
  new Promise((resolve, reject) => {
    client.once('connect', () => resolve())
    client.once('error', reject)
  })

const subscribe = async (client: MqttClient, address: string, version: Version): Promise<void> => {
  if (version === 4) await client.subscribeAsync(`answers/${address}`, { qos: 0 })
  await client.subscribeAsync(`inbox/${address}`, { qos: 1 })
}

const mqttjs = (version: Version): StockKind => {
  const kind: StockKind = {
    name: version === 4 ? 'mqtt.js 3.1.1' : 'mqtt.js 5',
    network: 'messenger',
    dialect: version === 4 ? 'mqtt4' : 'mqtt5',
    connect: async (urls, device, { clientId = device.id } = {}) => {
      const line = await Line.open(urls.messenger)
      const received = new Queue<Received>()
      const ends = new Ends()
      const returns = new Queue<'resumed' | 'anew'>()
      const pending = new Pending()
      let opened = false
      let condition = ''
      const client = mqtt.connect(line.url, {
        protocolVersion: version,
        clientId,
        username: device.account.handle,
        password: device.token,
        clean: false,
        reconnectPeriod: RECONNECT_MS,
        ...(version === 5 && { properties: { sessionExpiryInterval: SESSION_SECONDS } }),
        createWebsocket: (url, protocols) => {
          const socket = new WebSocket(url, protocols)
          socket.on('open', () => ends.begin())
          socket.on('close', (code) => {
            ends.end(code, condition)
            condition = ''
            if (FINAL.includes(code)) client.end(true)
          })
          return socket
        },
      })
      client.on('error', () => undefined)
      client.on('disconnect', ({ reasonCode }) => {
        condition = `0x${(reasonCode ?? 0).toString(16)}`
      })
      client.on('connect', ({ sessionPresent }) => {
        if (opened) returns.push(sessionPresent ? 'resumed' : 'anew')
      })
      client.on('message', (topic, payload) => {
        if (topic.startsWith('inbox/')) received.push(letterOf(payload))
        else {
          const { id, outcome } = refusalOf4(payload)
          pending.settle(id, outcome)
        }
      })
      const close = async (): Promise<void> => {
        await client.endAsync()
        await line.quiet()
        await line.close()
      }
      try {
        await within(connected(client), 'the CONNACK')
        await within(subscribe(client, `messenger/${device.account.handle}`, version), 'the SUBACK')
      } catch (error) {
        client.end(true)
        await line.close()
        throw error
      }
      opened = true
      return {
        kind,
        line,
        received,
        ends,
        returns,
        send: (to, id, letters) => {
          const answer = pending.add(id)
          const topic = `to/${to.network}/${to.handle}`
          client.publish(topic, envelopeOf(id, letters), { qos: 1 }, (error, packet) => {
            pending.settle(id, error && version === 5 ? refusalOf5(packet) : ACCEPTED)
          })
          return answer
        },
        close,
      }
    },
  }
  return kind
}

export const mqttjs4: StockKind = mqttjs(4)
export const mqttjs5: StockKind = mqttjs(5)
