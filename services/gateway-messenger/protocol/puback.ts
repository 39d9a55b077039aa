/** PUBACK (section 3.4): the relay's answers to the client, and the client's to letters. */
import { submissionAnswer, type Answer } from '@isthmus/proto/codec'
import { answerText, type AnswerText } from '../answers.ts'
import type { Connection } from './connection.ts'
import { Cursor } from './cursor.ts'
import { deliverLetter } from './deliver.ts'
import type { FixedHeader } from './fixed-header.ts'
import { generatePacket, parsePacket } from './packet.ts'
import { checkProperties } from './properties.ts'
import { writePublish } from './publish-packet.ts'
import { protocolError } from './violation.ts'

/** A PUBACK that accepts; in MQTT 5 the reason code 0 may be left out (3.4.2.1). */
export const writePuback = (packetId: number): Buffer => {
  const packet = Buffer.allocUnsafe(4)
  packet[0] = 0x40
  packet[1] = 0x02
  packet[2] = packetId >>> 8
  packet[3] = packetId & 0xff
  return packet
}

/** The relay's word on the PUBLISH with this packet id. */
export const answerPublish = (
  connection: Connection,
  packetId: number,
  submissionId: string,
  answer: Answer,
): void => {
  if (answer.error === 0) connection.effects.send(writePuback(packetId))
  else refusePublish(connection, packetId, submissionId, answer)
}

/** @param answer one with an error. */
export const refusePublish = (
  connection: Connection,
  packetId: number,
  submissionId: string,
  answer: Answer,
): void => {
  const refusal = answerText(answer.error)
  if (connection.version === 5) {
    connection.effects.send(refusal5(connection, packetId, refusal, answer))
  } else if (connection.answers && submissionId !== '') {
    const payload = submissionAnswer.encode({ id: submissionId, answer })
    const head = { topic: connection.answersTopic, qos: 0, duplicate: false, packetId: 0 } as const
    connection.effects.send(writePublish(head, payload, 4))
    connection.effects.send(writePuback(packetId))
  } else {
    // [MQTT-3.3.5-2] (3.1.1): "It MUST either make a positive acknowledgement ... or close the
    // Network Connection." A bare PUBACK would say that the message was accepted.
    connection.close(refusal.close, refusal.error)
  }
}

const refusal5 = (
  connection: Connection,
  packetId: number,
  refusal: AnswerText,
  answer: Answer,
): Buffer => {
  const { reasonCode, error, text } = refusal
  const packet = { cmd: 'puback', messageId: packetId, reasonCode } as const
  // [MQTT-3.1.2-29]: no Reason String or User Property where the client does not want them.
  if (!connection.problemInformation) return generatePacket(packet, 5)
  const userProperties: Record<string, string | string[]> = { error }
  if (answer.missing.length > 0) userProperties['missing'] = [...answer.missing]
  if (answer.extra.length > 0) userProperties['extra'] = [...answer.extra]
  if (answer.retryAfterMs > 0) userProperties['retry-after-ms'] = String(answer.retryAfterMs)
  return generatePacket({ ...packet, properties: { reasonString: text, userProperties } }, 5)
}

/** The client has a letter. */
export const handlePuback = (
  connection: Connection,
  bytes: Buffer,
  start: number,
  header: FixedHeader,
): void => {
  const packetId =
    header.remaining === 2
      ? (bytes[header.bodyStart]! << 8) | bytes[header.bodyStart + 1]!
      : readLongPuback(connection, bytes.subarray(start, header.end), header)
  if (packetId === 0) throw protocolError('the packet identifier is 0')
  // An id that is not in use acknowledges nothing and harms nothing: neither version makes it an
  // error. A reason code of 0x80 or more acknowledges too (4.3.2: the sender "MUST NOT" resend).
  const sequence = connection.outbox.acknowledge(packetId)
  if (sequence === undefined) return
  connection.effects.acknowledgeOne(sequence)
  for (const letter of connection.outbox.takeWaiting()) deliverLetter(connection, letter)
}

/** One with a reason code, which only MQTT 5 has; a length under 2 or without need is malformed. */
const readLongPuback = (connection: Connection, bytes: Buffer, header: FixedHeader): number => {
  checkAcknowledgement(connection, bytes, header)
  return parsePacket('puback', bytes, connection.version).messageId!
}

/** Walks a PUBACK or PUBREL (sections 3.4.2 and 3.6.2). */
export const checkAcknowledgement = (
  { version, limits }: Connection,
  bytes: Buffer,
  header: FixedHeader,
): void => {
  const cursor = new Cursor(bytes, bytes.length - header.remaining, bytes.length)
  cursor.uint16()
  if (version === 5 && cursor.left > 0) cursor.byte()
  if (version === 5 && cursor.left > 0)
    checkProperties(cursor, 'acknowledgement', limits.maxPropertyBytes)
  cursor.finish()
}
