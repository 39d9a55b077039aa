/**
 * A stored letter to the PUBLISH packet that carries it, in one copy: the payload is the stored
 * Delivery with its sequence appended, since concatenation merges protobuf messages.
 */
import type { StoredLetter } from '@isthmus/mailbox/port'
import type { ProtocolVersion } from './protocol/packet.ts'
import { publishSize, writePublishHeader } from './protocol/publish-packet.ts'

/** Field 8 (`sequence`), wire type varint. */
const SEQUENCE_TAG = (8 << 3) | 0

/** Packet ids are 1 to 65,535: a letter's id follows from its sequence and so stays the same. */
export const packetIdOf = (sequence: number): number => ((sequence - 1) % 65_535) + 1

const varintSize = (value: number): number => {
  let size = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
  return size
}

const writeVarint = (bytes: Buffer, at: number, value: number): number => {
  let rest = value
  // Above 2^31 the bit operators would cut the number off.
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) | 0x80
  bytes[at++] = rest
  return at
}

/**
 * @param topic `inbox/<network>/<handle>` of the device's account, ASCII.
 * @param duplicate whether the session was sent this letter before (the DUP flag).
 */
export const fromDelivery = (
  letter: StoredLetter,
  topic: string,
  duplicate: boolean,
  version: ProtocolVersion,
): Buffer => {
  const payloadBytes = letter.bytes.length + 1 + varintSize(letter.sequence)
  const packet = Buffer.allocUnsafe(publishSize(topic, 1, payloadBytes, version))
  const head = { topic, qos: 1, duplicate, packetId: packetIdOf(letter.sequence) } as const
  let at = writePublishHeader(packet, head, payloadBytes, version)
  packet.set(letter.bytes, at)
  at += letter.bytes.length
  packet[at++] = SEQUENCE_TAG
  writeVarint(packet, at, letter.sequence)
  return packet
}
