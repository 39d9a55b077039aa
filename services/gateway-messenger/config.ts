/** The environment keys of the Messenger gateway. */
import { host, integer, port } from '@isthmus/runtime/config'
import { z } from 'zod'
import { DEFAULT_MQTT_LIMITS, type MqttLimits } from './protocol/limits.ts'

export const messengerConfig = z.object({
  ISTHMUS_MESSENGER_HOST: host('127.0.0.1'),
  /** 0 for any free port. */
  ISTHMUS_MESSENGER_PORT: port(8083),
  /** Letters that a client may leave unacknowledged before it gets no more. */
  ISTHMUS_MESSENGER_WINDOW: integer(DEFAULT_MQTT_LIMITS.window, 1, 1024),
  /** Messages that a client may publish before their PUBACK; MQTT 5's Receive Maximum. */
  ISTHMUS_MESSENGER_RECEIVE_MAXIMUM: integer(DEFAULT_MQTT_LIMITS.receiveMaximum, 1, 65_535),
  /** MQTT 5: seconds of the longest keep alive; a longer one is replaced by it. */
  ISTHMUS_MESSENGER_KEEP_ALIVE: integer(DEFAULT_MQTT_LIMITS.maxKeepAliveSeconds, 10, 43_200),
})

export type MessengerConfig = z.output<typeof messengerConfig>

export const mqttLimits = (config: MessengerConfig): MqttLimits => ({
  ...DEFAULT_MQTT_LIMITS,
  window: config.ISTHMUS_MESSENGER_WINDOW,
  receiveMaximum: config.ISTHMUS_MESSENGER_RECEIVE_MAXIMUM,
  maxKeepAliveSeconds: config.ISTHMUS_MESSENGER_KEEP_ALIVE,
})
