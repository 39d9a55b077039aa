/**
 * MQTT 5 over WebSocket by mqtt.js, as the Messenger gateway speaks it. The relay's acceptance is
 * the PUBACK of the PUBLISH; letters are acknowledged by PUBACKs, in order, when they are handled.
 */
import { parseAddress } from '@isthmus/runtime/address'
import mqttjs, { type IDisconnectPacket, type IPublishPacket, type MqttClient } from 'mqtt'
import { toClose, type SocketClose } from './close.ts'
import {
  CAUSES,
  toEnvelope,
  toLetter,
  topicOf,
  toRefusal,
  type UserProperties,
} from './mqtt-wire.ts'
import {
  ConnectError,
  type Close,
  type Connection,
  type DeliveredLetter,
  type Login,
  type Submission,
  type Transport,
  type TransportEvents,
} from './port.ts'

export interface MqttOptions {
  /** For example `wss://messenger.isthmus.example/mqtt`. */
  readonly url: string
}

const KEEP_ALIVE_SECONDS = 30
/** Letters that may be out unacknowledged. */
const RECEIVE_MAXIMUM = 128
const CONNECT_TIMEOUT_MS = 15_000

class MqttConnection implements Connection {
  readonly #client: MqttClient
  readonly #events: TransportEvents
  readonly #inbox: string
  readonly #ready = Promise.withResolvers<void>()
  /** Letters that are not acknowledged, in order. */
  readonly #out: { readonly sequence: number; readonly messageId: number }[] = []
  #close: Close | undefined
  #socketClose: SocketClose | undefined
  #isOpen = false

  constructor(url: string, login: Login, events: TransportEvents) {
    this.#events = events
    this.#inbox = topicOf('inbox', login.address)
    this.#client = mqttjs.connect(url, {
      protocolVersion: 5,
      clientId: `isthmus-${login.deviceId}`,
      username: parseAddress(login.address)?.handle ?? '',
      password: login.deviceToken,
      // The mailbox keeps what is not acknowledged, so a session has nothing to add.
      clean: true,
      keepalive: KEEP_ALIVE_SECONDS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // This class's caller decides when to connect again.
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      properties: { receiveMaximum: RECEIVE_MAXIMUM },
      forceNativeWebSocket: true,
      createWebsocket: (address: string, protocols: string[]) => this.#open(address, protocols),
    })
    // Section 4.9 lets a receiver take its time with PUBACK, mqtt.js does not: given an error, it
    // sends none and goes on reading. `acknowledge` sends it.
    this.#client.handleMessage = (_packet, callback) => callback(new Error('acknowledged later'))
    this.#client.on('connect', () => this.#subscribe())
    this.#client.on('message', (topic, payload, packet) => this.#message(topic, payload, packet))
    this.#client.on('disconnect', (packet) => this.#disconnect(packet))
    this.#client.on('error', (error) => this.#failed(error))
    this.#client.on('close', () => this.#ended())
  }

  /** Resolves when letters flow. @throws ConnectError. */
  async start(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#abandon('no connection in time'), { once: true })
    await this.#ready.promise
    signal.throwIfAborted()
  }

  submit(submission: Submission): void {
    const { id } = submission
    const payload = toEnvelope(submission) as Buffer
    this.#client.publish(topicOf('to', submission.to), payload, { qos: 1 }, (error, packet) => {
      if (!error) {
        this.#events.answered(id, { accepted: true })
        return
      }
      // Without a packet it is no answer: the connection ended.
      // On an error this is the PUBACK, whatever the types say.
      const answer = packet as
        { readonly properties?: { userProperties?: UserProperties } } | undefined
      if (answer) this.#events.answered(id, toRefusal(answer.properties?.userProperties ?? {}))
    })
  }

  acknowledge(upTo: number): void {
    for (let [first] = this.#out; first && first.sequence <= upTo; [first] = this.#out) {
      this.#out.shift()
      const { messageId } = first
      // Section 3.4: a PUBACK of four bytes has the reason code 0x00 (Success).
      this.#client.stream.write(Uint8Array.of(0x40, 2, messageId >> 8, messageId & 0xff))
    }
  }

  close(): void {
    this.#abandon('closed by this side')
  }

  /** The global WebSocket in Node as in browsers; its close code tells why. */
  #open(url: string, protocols: string[]): WebSocket {
    const socket = new WebSocket(url, protocols)
    socket.addEventListener('close', ({ code, reason }) => {
      this.#socketClose = { code, reason }
      this.#ended()
    })
    return socket
  }

  #abandon(detail: string): void {
    this.#close ??= { cause: 'requested', detail }
    this.#client.end(true)
    this.#ready.reject(new ConnectError({ cause: 'lost', detail }))
  }

  #subscribe(): void {
    this.#client.subscribe(this.#inbox, { qos: 1 }, (error) => {
      if (error) {
        this.#breach('the gateway refused the subscription to the inbox')
        return
      }
      this.#isOpen = true
      this.#ready.resolve()
    })
  }

  #message(topic: string, payload: Uint8Array, { messageId, qos }: IPublishPacket): void {
    if (topic !== this.#inbox || qos !== 1 || messageId === undefined) {
      this.#breach('a message that was not subscribed to')
      return
    }
    let letter: DeliveredLetter
    try {
      letter = toLetter(payload)
    } catch {
      this.#breach('a letter that is not a Delivery')
      return
    }
    this.#out.push({ sequence: letter.sequence, messageId })
    this.#events.letter(letter)
  }

  #disconnect({ reasonCode = 0 }: IDisconnectPacket): void {
    this.#reason(reasonCode)
  }

  #failed(error: Error): void {
    const { code } = error as { readonly code?: unknown }
    if (typeof code === 'number') this.#reason(code)
  }

  #reason(reasonCode: number): void {
    const cause = CAUSES[reasonCode]
    if (cause) this.#close ??= { cause, detail: `MQTT reason code ${reasonCode}` }
  }

  #breach(detail: string): void {
    this.#close ??= { cause: 'protocol', detail }
    this.#client.end(true)
  }

  #ended(): void {
    // The stream ends before its socket, whose close code tells more.
    if (!this.#close && !this.#socketClose) return
    const close = this.#close ?? toClose(this.#socketClose ?? { code: 1006, reason: '' })
    if (this.#isOpen) this.#events.closed(close)
    else this.#ready.reject(new ConnectError(close))
    this.#isOpen = false
  }
}

export const mqtt = ({ url }: MqttOptions): Transport => ({
  connect: async (login, events, signal) => {
    const connection = new MqttConnection(url, login, events)
    await connection.start(signal)
    return connection
  },
})
