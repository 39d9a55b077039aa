/** This gateway's limits. Those that an operator may set are keys in config.ts. */
import { LIMITS } from '@isthmus/runtime/limits'

export interface MqttLimits {
  /** Bytes of one PUBLISH: MQTT 5's Maximum Packet Size. */
  readonly maxPacketBytes: number
  /** Bytes of a packet of any other type, and of a CONNECT. */
  readonly maxControlPacketBytes: number
  /** Bytes that may wait, unread, while the CONNECT is with the directory. */
  readonly maxEarlyBytes: number
  /** Bytes of one packet's MQTT 5 properties. */
  readonly maxPropertyBytes: number
  /** Characters of a client identifier. */
  readonly maxClientIdLength: number
  /**
   * A client's PUBLISH packets without their PUBACK. MQTT 5 clients are told it as Receive Maximum,
   * but not all keep to it: mqtt.js sends what it has, is disconnected, and sends it all again. So it
   * lies well above LIMITS.maxPending, at which the socket is not read any more and clients wait
   * without knowing; only one message that holds thousands of packets meets it.
   */
  readonly receiveMaximum: number
  /** Letters to a client without their PUBACK; the client's own Receive Maximum may be lower. */
  readonly window: number
  /** The lowest Maximum Packet Size of an MQTT 5 client: the largest letter as a PUBLISH. */
  readonly minClientPacketBytes: number
  /** Seconds; a longer or switched off keep alive of an MQTT 5 client is replaced by it. */
  readonly maxKeepAliveSeconds: number
  /** Seconds for which a session is kept after its connection: as long as the core holds it. */
  readonly maxSessionExpirySeconds: number
}

export const DEFAULT_MQTT_LIMITS: MqttLimits = {
  // The letters, and for each of them its device id and field lengths, the topic and the id.
  maxPacketBytes: LIMITS.maxSubmissionBytes + 16_384,
  maxControlPacketBytes: 16_384,
  maxEarlyBytes: 65_536,
  maxPropertyBytes: 8_192,
  maxClientIdLength: 128,
  receiveMaximum: 2_048,
  window: 128,
  minClientPacketBytes: LIMITS.maxSealedBytes + 512,
  maxKeepAliveSeconds: 600,
  maxSessionExpirySeconds: 300,
}
