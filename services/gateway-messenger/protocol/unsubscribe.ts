/** UNSUBSCRIBE (section 3.10). */
import type { Connection } from './connection.ts'
import { Cursor } from './cursor.ts'
import type { FixedHeader } from './fixed-header.ts'
import { generatePacket, parsePacket } from './packet.ts'
import { checkProperties } from './properties.ts'
import { REASON } from './reason-codes.ts'
import { protocolError, Violation } from './violation.ts'

export const handleUnsubscribe = (
  connection: Connection,
  bytes: Buffer,
  header: FixedHeader,
): void => {
  const { version, effects } = connection
  checkUnsubscribe(connection, bytes, header)
  const packet = parsePacket('unsubscribe', bytes, version)
  const wasOpen = connection.inbox
  const granted = packet.unsubscriptions.map((filter) => unsubscribe(connection, filter))
  if (wasOpen && !connection.inbox) {
    // [MQTT-3.10.4-2]: no new messages; [MQTT-3.10.4-3]: those that were sent can still be
    // acknowledged.
    connection.outbox.stop()
    effects.detach()
  }
  // [MQTT-3.10.4-5]: an UNSUBACK "even where no Topic Filters are deleted".
  effects.send(generatePacket({ cmd: 'unsuback', messageId: packet.messageId!, granted }, version))
}

const unsubscribe = (connection: Connection, filter: string): number => {
  // [MQTT-3.10.4-1]: filters are compared character by character.
  if (filter === connection.inboxTopic && connection.inbox) {
    connection.inbox = false
    return REASON.success
  }
  if (filter === connection.answersTopic && connection.answers) {
    connection.answers = false
    return REASON.success
  }
  return REASON.noSubscriptionExisted
}

const checkUnsubscribe = (
  { version, limits }: Connection,
  bytes: Buffer,
  header: FixedHeader,
): void => {
  const cursor = new Cursor(bytes, bytes.length - header.remaining, bytes.length)
  if (cursor.uint16() === 0) throw protocolError('the packet identifier is 0')
  if (version === 5) checkProperties(cursor, 'unsubscribe', limits.maxPropertyBytes)
  // [MQTT-3.10.3-2]: "MUST contain at least one Topic Filter".
  if (cursor.left === 0) throw protocolError('an UNSUBSCRIBE without a topic filter')
  while (cursor.left > 0) {
    // [MQTT-4.7.3-1]: at least one character.
    if (cursor.string() === '') throw new Violation('topic-filter-invalid', 'an empty topic filter')
  }
}
