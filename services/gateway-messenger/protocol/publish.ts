/** PUBLISH from the client (section 3.3): a submission, whose answer becomes its PUBACK. */
import type { Answer, ErrorCode, SealedEnvelope } from '@isthmus/proto/codec'
import { toSubmission } from '../to-submission.ts'
import type { Connection } from './connection.ts'
import { Cursor } from './cursor.ts'
import type { FixedHeader } from './fixed-header.ts'
import { parsePacket, type PacketOf } from './packet.ts'
import { refusePublish } from './puback.ts'
import { checkPublish, readPlainPublish } from './publish-packet.ts'
import { protocolError, Violation } from './violation.ts'

const QOS = 0x06
const RETAIN = 0x01
const TOPIC_ALIAS = 0x23

export const handlePublish = (
  connection: Connection,
  bytes: Buffer,
  start: number,
  header: FixedHeader,
): void => {
  const plain = readPlainPublish(bytes, start, header, connection.version)
  if (plain) submit(connection, plain.packetId, plain.topic, plain.payload)
  else handleAnyPublish(connection, bytes.subarray(start, header.end), header)
}

const handleAnyPublish = (connection: Connection, bytes: Buffer, header: FixedHeader): void => {
  const { version, limits } = connection
  const cursor = new Cursor(bytes, bytes.length - header.remaining, bytes.length)
  const properties = checkPublish(cursor, version, limits.maxPropertyBytes)
  // [MQTT-3.2.2-17], [MQTT-3.3.2-8]: the server's Topic Alias Maximum is 0, and no alias is 0.
  if (properties.has(TOPIC_ALIAS))
    throw new Violation('topic-alias-invalid', 'topic aliases are not supported')
  const packet = parsePacket('publish', bytes, version)
  judgeTopic(packet.topic)
  submit(connection, packet.messageId!, packet.topic, packet.payload as Buffer, expiryOf(packet))
}

/** Refuses what the fixed header alone tells, before the rest is waited for. */
export const judgeFlags = (first: number): void => {
  const qos = (first & QOS) >> 1
  // MQTT 5, 3.2.2.3.4: a PUBLISH over the Maximum QoS is answered by DISCONNECT 0x9B. MQTT 3.1.1
  // has no such limit; a server that can not keep QoS 2's promise can only close.
  if (qos === 2) throw new Violation('qos-not-supported', 'publish with QoS 1')
  // A QoS 0 message gets no answer, so the relay could refuse it only in silence.
  if (qos === 0)
    throw new Violation('publish-without-answer', 'publish with QoS 1: QoS 0 has no answer')
  // MQTT 5, 3.2.2.3.5: DISCONNECT 0x9A. MQTT 3.1.1 [MQTT-3.3.1-5] would have the message stored.
  if (first & RETAIN) throw new Violation('retain-not-supported', 'publish without retain')
}

const judgeTopic = (topic: string): void => {
  // [MQTT-4.7.3-1]: "All Topic Names and Topic Filters MUST be at least one character long"; 5 (3.3.2.1):
  // "It is a Protocol Error if the Topic Name is zero length and there is no Topic Alias."
  if (topic === '') throw protocolError('the topic name is empty')
  // [MQTT-3.3.2-2]: "The Topic Name in the PUBLISH Packet MUST NOT contain wildcard characters."
  if (/[+#]/.test(topic)) throw new Violation('topic-name-invalid', 'a topic name has a wildcard')
}

/** [MQTT-3.3.2-5]: seconds after which the message must not be delivered any more. */
const expiryOf = (packet: PacketOf<'publish'>): number | undefined =>
  packet.properties?.messageExpiryInterval

const submit = (
  connection: Connection,
  packetId: number,
  topic: string,
  payload: Uint8Array,
  expiry?: number,
): void => {
  const pending = (connection.pending ??= new Map())
  const submission = toSubmission(topic, payload)
  const first = pending.get(packetId)
  if (first !== undefined) return judgeRepetition(first, submission)
  admit(connection, pending.size)
  if (submission.to === undefined)
    return refusePublish(connection, packetId, submission.id, answerOf(submission.error))
  const { to, envelope } = submission
  pending.set(packetId, envelope.id)
  connection.effects.submit(
    packetId,
    to,
    expiry === undefined ? envelope : expire(envelope, expiry),
  )
}

/**
 * The same packet id while its answer is pending: a repetition is answered once. Another message
 * under the id is the client's mistake, and the one PUBACK that comes would accept it unread.
 */
const judgeRepetition = (first: string, submission: ReturnType<typeof toSubmission>): void => {
  const again = submission.to === undefined ? undefined : submission.envelope.id
  // [MQTT-2.3.1-2] (3.1.1), [MQTT-2.2.1-3] (5): a packet id "that is currently unused".
  if (again !== first) throw protocolError('a packet identifier is in use for another message')
}

const admit = (connection: Connection, unanswered: number): void => {
  const most = connection.limits.receiveMaximum
  // [MQTT-3.3.4-7]: "MUST NOT send more than Receive Maximum QoS 1 and QoS 2 PUBLISH packets for
  // which it has not received PUBACK"; 3.3.4 answers it with DISCONNECT 0x93.
  if (unanswered >= most)
    throw new Violation('receive-maximum-exceeded', `over ${most} messages without their PUBACK`)
}

const answerOf = (error: ErrorCode): Answer => ({ error, missing: [], extra: [], retryAfterMs: 0 })

/** An expiry of 0 becomes one second: the envelope's 0 means the relay's default. */
const expire = (envelope: SealedEnvelope, seconds: number): SealedEnvelope => {
  const ttlSeconds = Math.min(envelope.ttlSeconds || Infinity, Math.max(seconds, 1))
  return { id: envelope.id, letters: envelope.letters, ttlSeconds }
}
