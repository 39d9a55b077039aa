/** The state of one connection, and the ways in which it speaks and ends. */
import type { Effects } from '@isthmus/gateway-core/protocol'
import type { Address } from '@isthmus/runtime/address'
import {
  CONNECT_REFUSALS,
  type Close,
  type ConnectRefusalKind,
  type Disconnection,
} from '../answers.ts'
import type { MqttLimits } from './limits.ts'
import { Outbox } from './outbox.ts'
import { generatePacket, type ProtocolVersion } from './packet.ts'
import type { ConnectionState } from './states.ts'

/** A CONNACK and nothing else: what MQTT 3.1.1 says when it refuses. */
const connack311 = (returnCode: number): Buffer => Buffer.from([0x20, 0x02, 0x00, returnCode])

export class Connection {
  readonly effects: Effects
  readonly limits: MqttLimits
  readonly nonce: string
  state: ConnectionState = 'connecting'
  version: ProtocolVersion = 4
  /** The last time that the machine was told. */
  now: number
  lastPacketAt: number
  /** The connection is closed when no packet came for this long; 0: never. */
  idleLimitMs = 0
  clientId = ''
  cleanStart = true
  assignedClientId = false
  address: Address | undefined
  requestedKeepAlive = 0
  requestedExpiry = 0
  /** Seconds for which the session is kept after the connection; 0: not at all. */
  sessionExpiry = 0
  window: number
  /** MQTT 5: whether packets other than CONNACK and DISCONNECT may explain themselves. */
  problemInformation = true
  inbox = false
  answers = false
  /** PUBLISH packets whose answer is not there: packet id to submission id. */
  pending: Map<number, string> | undefined
  #lazyOutbox: Outbox | undefined

  constructor(effects: Effects, limits: MqttLimits, nonce: string, now: number) {
    this.effects = effects
    this.limits = limits
    this.nonce = nonce
    this.now = now
    this.lastPacketAt = now
    this.window = limits.window
  }

  /** An idle connection that was never sent a letter has none. */
  get outbox(): Outbox {
    return (this.#lazyOutbox ??= new Outbox())
  }

  set outbox(outbox: Outbox) {
    this.#lazyOutbox = outbox
  }

  /** The topic of this device's letters. */
  get inboxTopic(): string {
    return `inbox/${this.address!.network}/${this.address!.handle}`
  }

  /** The topic of the relay's refusals, for MQTT 3.1.1. */
  get answersTopic(): string {
    return `answers/${this.address!.network}/${this.address!.handle}`
  }

  /** Refuses the CONNECT and closes. */
  refuse(kind: ConnectRefusalKind, why: string): void {
    const { reasonCode, returnCode, close } = CONNECT_REFUSALS[kind]
    if (this.version === 5) {
      const properties = { reasonString: why }
      // [MQTT-3.2.2-6]: Session Present is 0 with a reason code that is not.
      this.effects.send(
        generatePacket({ cmd: 'connack', sessionPresent: false, reasonCode, properties }, 5),
      )
    } else if (returnCode !== undefined) {
      this.effects.send(connack311(returnCode))
    }
    // [MQTT-3.2.2-5] (3.1.1), [MQTT-3.2.2-7] (5): "it MUST then close the Network Connection".
    this.close(close, why)
  }

  /** Ends the connection with the version's goodbye. */
  disconnect({ reasonCode, close }: Disconnection, why: string): void {
    // [MQTT-3.14.0-1]: no DISCONNECT from a server "until after it has sent a CONNACK". A 3.1.1
    // server has no DISCONNECT at all.
    if (this.version === 5 && this.state === 'connected') {
      const properties = { reasonString: why }
      this.effects.send(generatePacket({ cmd: 'disconnect', reasonCode, properties }, 5))
    }
    this.close(close, why)
  }

  close(close: Close, why: string): void {
    this.state = 'closed'
    this.effects.close(close.code, why)
  }
}
