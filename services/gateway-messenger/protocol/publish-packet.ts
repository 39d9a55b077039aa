/**
 * The PUBLISH packet's bytes (section 3.3), written and read by hand where it is hot: what a relayed
 * message is made of measures several times faster than through mqtt-packet (`mqtt.bench.ts`). The
 * tests hold both to the same bytes; whatever is not the plain form goes the strict way.
 */
import type { Cursor } from './cursor.ts'
import { TYPE, type FixedHeader } from './fixed-header.ts'
import type { ProtocolVersion } from './packet.ts'
import { checkProperties } from './properties.ts'
import { protocolError } from './violation.ts'

export interface PublishHead {
  /** ASCII: this gateway's own topics are. */
  readonly topic: string
  readonly qos: 0 | 1
  readonly duplicate: boolean
  /** 1 to 65,535; not written for QoS 0. */
  readonly packetId: number
}

export interface PlainPublish {
  readonly packetId: number
  readonly topic: string
  /** A view of the packet. */
  readonly payload: Buffer
}

const bodySize = (
  topic: string,
  qos: number,
  payloadBytes: number,
  version: ProtocolVersion,
): number => 2 + topic.length + (qos > 0 ? 2 : 0) + (version === 5 ? 1 : 0) + payloadBytes

const lengthSize = (body: number): number =>
  body < 0x80 ? 1 : body < 0x4000 ? 2 : body < 0x20_0000 ? 3 : 4

/** Bytes of a whole PUBLISH without properties. */
export const publishSize = (
  topic: string,
  qos: 0 | 1,
  payloadBytes: number,
  version: ProtocolVersion,
): number => {
  const body = bodySize(topic, qos, payloadBytes, version)
  return 1 + lengthSize(body) + body
}

/** Writes all before the payload; returns the payload's offset. */
export const writePublishHeader = (
  packet: Buffer,
  head: PublishHead,
  payloadBytes: number,
  version: ProtocolVersion,
): number => {
  const { topic, qos, packetId } = head
  packet[0] = (TYPE.publish << 4) | (head.duplicate ? 0x08 : 0) | (qos << 1)
  let at = 1
  let rest = bodySize(topic, qos, payloadBytes, version)
  for (; rest >= 0x80; rest >>>= 7) packet[at++] = (rest & 0x7f) | 0x80
  packet[at++] = rest
  packet[at++] = topic.length >>> 8
  packet[at++] = topic.length & 0xff
  at += packet.write(topic, at, 'latin1')
  if (qos > 0) {
    packet[at++] = packetId >>> 8
    packet[at++] = packetId & 0xff
  }
  if (version === 5) packet[at++] = 0
  return at
}

/** A whole PUBLISH without properties. */
export const writePublish = (
  head: PublishHead,
  payload: Uint8Array,
  version: ProtocolVersion,
): Buffer => {
  const packet = Buffer.allocUnsafe(publishSize(head.topic, head.qos, payload.length, version))
  packet.set(payload, writePublishHeader(packet, head, payload.length, version))
  return packet
}

/** One or more printable ASCII characters, no wildcard: valid in any topic name. */
const PLAIN_TOPIC = /^[ -"$-*,-~]+$/

/**
 * Reads the plain form: QoS 1, not retained, a topic of printable ASCII, an id, no properties.
 * Undefined for everything else, be it valid or not.
 */
export const readPlainPublish = (
  bytes: Buffer,
  start: number,
  header: FixedHeader,
  version: ProtocolVersion,
): PlainPublish | undefined => {
  const { bodyStart, end } = header
  if ((bytes[start]! & 0x07) !== 0x02) return undefined
  // Bytes that are not there count as 0 here, and the end is checked below.
  const topicEnd = bodyStart + 2 + ((bytes[bodyStart]! << 8) | bytes[bodyStart + 1]!)
  let at = topicEnd + 2
  if (version === 5) {
    if (at >= end || bytes[at] !== 0) return undefined
    at++
  }
  if (at > end) return undefined
  const packetId = (bytes[topicEnd]! << 8) | bytes[topicEnd + 1]!
  const topic = bytes.toString('latin1', bodyStart + 2, topicEnd)
  if (packetId === 0 || !PLAIN_TOPIC.test(topic)) return undefined
  return { packetId, topic, payload: bytes.subarray(at, end) }
}

/** Walks a PUBLISH with QoS 1. @returns the identifiers of its properties. */
export const checkPublish = (
  cursor: Cursor,
  version: ProtocolVersion,
  maxPropertyBytes: number,
): ReadonlySet<number> => {
  cursor.string()
  // [MQTT-2.3.1-1] (3.1.1), [MQTT-2.2.1-3] (5): "a non-zero Packet Identifier".
  if (cursor.uint16() === 0) throw protocolError('the packet identifier is 0')
  const properties =
    version === 5 ? checkProperties(cursor, 'publish', maxPropertyBytes) : new Set<number>()
  cursor.rest()
  return properties
}
