/** SUBSCRIBE (section 3.8): a device may subscribe to its own inbox and its own answers. */
import type { Connection } from './connection.ts'
import { Cursor } from './cursor.ts'
import type { FixedHeader } from './fixed-header.ts'
import { generatePacket, parsePacket, type PacketOf, type ProtocolVersion } from './packet.ts'
import { checkProperties } from './properties.ts'
import { REASON } from './reason-codes.ts'
import { malformed, protocolError, Violation } from './violation.ts'

type Subscription = PacketOf<'subscribe'>['subscriptions'][number]

const SUBSCRIPTION_IDENTIFIER = 0x0b
/** MQTT 3.1.1 has one code for every failure. */
const FAILURE = 0x80

export const handleSubscribe = (
  connection: Connection,
  bytes: Buffer,
  header: FixedHeader,
): void => {
  const { version, effects } = connection
  const identifiers = checkSubscribe(connection, bytes, header)
  const packet = parsePacket('subscribe', bytes, version)
  const wasOpen = connection.inbox
  const granted = packet.subscriptions.map((subscription) => {
    const code = identifiers.has(SUBSCRIPTION_IDENTIFIER)
      ? REASON.subscriptionIdentifiersNotSupported
      : subscribe(connection, subscription)
    return version === 4 && code > 2 ? FAILURE : code
  })
  // [MQTT-3.8.4-1], [MQTT-3.9.3-1]: one SUBACK, with a code for each filter, in their order.
  effects.send(generatePacket({ cmd: 'suback', messageId: packet.messageId!, granted }, version))
  // [MQTT-3.8.4-3]: a subscription that was there is replaced without interrupting the flow.
  if (connection.inbox && !wasOpen) effects.attach({ window: connection.window })
}

/** Walks the packet. @returns the identifiers of its properties. */
const checkSubscribe = (
  { version, limits }: Connection,
  bytes: Buffer,
  header: FixedHeader,
): ReadonlySet<number> => {
  const cursor = new Cursor(bytes, bytes.length - header.remaining, bytes.length)
  if (cursor.uint16() === 0) throw protocolError('the packet identifier is 0')
  const properties =
    version === 5
      ? checkProperties(cursor, 'subscribe', limits.maxPropertyBytes)
      : new Set<number>()
  // [MQTT-3.8.3-3] (3.1.1), [MQTT-3.8.3-2] (5): at least one filter.
  if (cursor.left === 0) throw protocolError('a SUBSCRIBE without a topic filter')
  while (cursor.left > 0) checkOne(cursor.string(), cursor.byte(), version)
  return properties
}

const checkOne = (filter: string, options: number, version: ProtocolVersion): void => {
  // [MQTT-4.7.3-1]: "All Topic Names and Topic Filters MUST be at least one character long".
  if (filter === '') throw new Violation('topic-filter-invalid', 'a topic filter is empty')
  // [MQTT-3.8.3-4] (3.1.1), [MQTT-3.8.3-5] (5): malformed "if any of Reserved bits in the Payload
  // are non-zero"; QoS is 0, 1 or 2.
  if (options & (version === 5 ? 0xc0 : 0xfc)) throw malformed('reserved subscription option bits')
  if ((options & 0x03) === 3) throw malformed('a subscription asks for QoS 3')
  // 3.8.3.1: "It is a Protocol Error to send a Retain Handling value of 3."
  if ((options & 0x30) === 0x30) throw protocolError('a Retain Handling of 3')
  // [MQTT-3.8.3-4] (5): "a Protocol Error to set the No Local bit to 1 on a Shared Subscription".
  if (version === 5 && options & 0x04 && filter.startsWith('$share/'))
    throw protocolError('No Local on a shared subscription')
}

/** Carries one subscription out. @returns its code: the QoS granted, or why not, as of MQTT 5. */
const subscribe = (connection: Connection, { topic, qos }: Subscription): number => {
  if (topic === connection.inboxTopic) {
    // A granted QoS is never above the requested one [MQTT-3.8.4-6], and a letter sent at QoS 0
    // could never be acknowledged.
    if (qos === 0) return REASON.implementationSpecificError
    connection.inbox = true
    return 1
  }
  if (topic === connection.answersTopic) {
    connection.answers = true
    return 0
  }
  return refusalOf(topic)
}

const refusalOf = (filter: string): number => {
  if (filter.startsWith('$share/')) return REASON.sharedSubscriptionsNotSupported
  const levels = filter.split('/')
  // [MQTT-4.7.1-1], [MQTT-4.7.1-2] (5): `#` is a last level of its own, `+` a level of its own.
  const misplaced = levels.some(
    (level, at) =>
      (level.length > 1 && /[+#]/.test(level)) || (level === '#' && at < levels.length - 1),
  )
  if (misplaced) return REASON.topicFilterInvalid
  if (levels.some((level) => level === '+' || level === '#'))
    return REASON.wildcardSubscriptionsNotSupported
  // Another's inbox, $SYS, or a topic that nothing is ever published to: the same for all, so that
  // nobody learns who is there.
  return REASON.notAuthorized
}
