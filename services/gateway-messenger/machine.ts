/** MQTT 3.1.1 and 5 as a protocol machine: WebSocket messages in, effects out. */
import type {
  Authentication,
  GoodbyeReason,
  MachineContext,
  ProtocolFactory,
  ProtocolMachine,
} from '@isthmus/gateway-core/protocol'
import type { StoredLetter } from '@isthmus/mailbox/port'
import type { Answer } from '@isthmus/proto/codec'
import { GOODBYES, INTERNAL, VIOLATIONS } from './answers.ts'
import { DEFAULT_MQTT_LIMITS, type MqttLimits } from './protocol/limits.ts'
import { Assembler, type PacketSink } from './protocol/assembler.ts'
import { acceptConnect } from './protocol/connack.ts'
import { Connection } from './protocol/connection.ts'
import { deliverLetter } from './protocol/deliver.ts'
import { admitPacket, takePacket } from './protocol/dispatch.ts'
import type { FixedHeader } from './protocol/fixed-header.ts'
import { answerPublish } from './protocol/puback.ts'
import { sessionOf } from './protocol/session.ts'
import { Violation } from './protocol/violation.ts'

class MqttMachine implements ProtocolMachine, PacketSink {
  readonly #connection: Connection
  readonly #assembler = new Assembler()

  constructor({ effects, nonce, now }: MachineContext, limits: MqttLimits) {
    this.#connection = new Connection(effects, limits, nonce, now)
  }

  receive(frame: string | Uint8Array, now: number): void {
    const connection = this.#connection
    if (connection.state === 'closed') return
    connection.now = now
    try {
      this.#push(frame)
    } catch (error) {
      this.#fail(error)
    }
  }

  authenticated(outcome: Authentication): void {
    const connection = this.#connection
    if (connection.state !== 'authenticating') return
    try {
      if (outcome.outcome === 'accepted') {
        acceptConnect(connection)
        this.#assembler.release(this)
      } else if (outcome.outcome === 'refused') {
        connection.refuse('not-authenticated', 'the user name or password is wrong')
      } else {
        connection.refuse('unavailable', 'the directory is away; try again later')
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  answered(reference: number, answer: Answer): void {
    const connection = this.#connection
    const submissionId = connection.pending?.get(reference)
    if (submissionId === undefined) return
    connection.pending!.delete(reference)
    if (connection.state === 'connected') answerPublish(connection, reference, submissionId, answer)
  }

  deliver(letter: StoredLetter): void {
    deliverLetter(this.#connection, letter)
  }

  expire(now: number): void {
    const connection = this.#connection
    connection.now = now
    if (now < this.deadline()) return
    if (connection.pending?.size) {
      // While many answers are out the socket is not read, and its silence says nothing.
      connection.lastPacketAt = now
      return
    }
    // [MQTT-3.1.2-24] (3.1.1), [MQTT-3.1.2-22] (5): "it MUST close the Network Connection to the
    // Client as if the network had failed".
    connection.disconnect(
      VIOLATIONS['keep-alive-timeout'],
      'Nothing came for one and a half times the keep alive.',
    )
  }

  deadline(): number {
    const { state, idleLimitMs, lastPacketAt } = this.#connection
    return state === 'connected' && idleLimitMs > 0 ? lastPacketAt + idleLimitMs : Infinity
  }

  goodbye(reason: GoodbyeReason): void {
    const connection = this.#connection
    if (connection.state === 'closed') return
    // The device may be back already; its next connection resumes the session from here.
    if (reason === 'replaced') this.#retain(connection.now)
    if (reason === 'replaced' || reason === 'revoked') connection.sessionExpiry = 0
    connection.disconnect(GOODBYES[reason], GOODBYES[reason].text)
  }

  disconnected(now = this.#connection.now): void {
    this.#retain(now)
    this.#connection.state = 'closed'
    this.#assembler.drop()
  }

  open(): boolean {
    const { state } = this.#connection
    return state === 'connected' || state === 'connecting'
  }

  admit(first: number, header: FixedHeader): void {
    admitPacket(this.#connection, first, header)
  }

  take(bytes: Buffer, start: number, header: FixedHeader): void {
    // The keep alive counts packets, not bytes: a packet that never ends keeps nobody alive.
    this.#connection.lastPacketAt = this.#connection.now
    takePacket(this.#connection, bytes, start, header)
  }

  #push(frame: string | Uint8Array): void {
    // [MQTT-6.0.0-1]: "in WebSocket binary data frames. If any other type of data frame is received
    // the recipient MUST close the Network Connection".
    if (typeof frame === 'string') throw new Violation('text-message', 'send binary messages')
    this.#assembler.push(bufferOf(frame), this)
    const { state, limits } = this.#connection
    if (state === 'closed') this.#assembler.drop()
    if (state === 'authenticating' && this.#assembler.waiting > limits.maxEarlyBytes)
      throw new Violation('packet-too-large', 'wait for the CONNACK before you send that much')
  }

  #fail(error: unknown): void {
    this.#assembler.drop()
    if (this.#connection.state === 'closed') return
    if (error instanceof Violation) {
      this.#connection.disconnect(VIOLATIONS[error.kind], error.message)
    } else {
      // A fault of ours ends this connection alone.
      this.#connection.disconnect(INTERNAL, INTERNAL.text)
    }
  }

  #retain(now: number): void {
    const session = sessionOf(this.#connection, now)
    if (session) this.#connection.effects.retain(this.#connection.clientId, session)
  }
}

const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The protocol with an operator's limits. */
export const createMqttProtocol = (limits: MqttLimits): ProtocolFactory => ({
  subprotocol: 'mqtt',
  path: '/mqtt',
  mergeFrames: true,
  // A message may hold several packets; one packet of the largest size always fits.
  maxFrameBytes: limits.maxPacketBytes,
  createMachine: (context) => new MqttMachine(context, limits),
})

export const mqttProtocol: ProtocolFactory = createMqttProtocol(DEFAULT_MQTT_LIMITS)
