/** From a packet's fixed header to what handles it. */
import { checkFlags, checkLength, TYPE, typeOf, type FixedHeader } from './fixed-header.ts'
import type { Connection } from './connection.ts'
import { handleConnect } from './connect.ts'
import { handleDisconnect } from './disconnect.ts'
import { handlePingreq } from './pingreq.ts'
import { handlePuback } from './puback.ts'
import { handlePublish, judgeFlags } from './publish.ts'
import { handlePubrel } from './pubrel.ts'
import { TAKES } from './states.ts'
import { handleSubscribe } from './subscribe.ts'
import { handleUnsubscribe } from './unsubscribe.ts'
import { protocolError, Violation } from './violation.ts'

/** Judges a packet before its body is waited for: its kind, its place and its size. */
export const admitPacket = (connection: Connection, first: number, header: FixedHeader): void => {
  const { state, limits, version } = connection
  const type = typeOf(first)
  checkFlags(first)
  if (!TAKES[state].has(type)) throw protocolError(`a packet of type ${type} is out of place`)
  if (state === 'connected') checkLength(header, version)
  if (type === TYPE.publish) judgeFlags(first)
  const limit = type === TYPE.publish ? limits.maxPacketBytes : limits.maxControlPacketBytes
  // [MQTT-3.2.2-15]: "MUST NOT send packets exceeding Maximum Packet Size".
  if (header.size > limit)
    throw new Violation('packet-too-large', `a packet of type ${type} has at most ${limit} bytes`)
}

/** Handles a packet that was admitted. */
export const takePacket = (
  connection: Connection,
  bytes: Buffer,
  start: number,
  header: FixedHeader,
): void => {
  const type = typeOf(bytes[start]!)
  if (type === TYPE.publish) handlePublish(connection, bytes, start, header)
  else if (type === TYPE.puback) handlePuback(connection, bytes, start, header)
  else takeRare(connection, type, bytes.subarray(start, header.end), header)
}

const takeRare = (
  connection: Connection,
  type: number,
  packet: Buffer,
  header: FixedHeader,
): void => {
  switch (type) {
    case TYPE.connect:
      return handleConnect(connection, packet, header)
    case TYPE.pubrel:
      return handlePubrel(connection, packet, header)
    case TYPE.subscribe:
      return handleSubscribe(connection, packet, header)
    case TYPE.unsubscribe:
      return handleUnsubscribe(connection, packet, header)
    case TYPE.pingreq:
      return handlePingreq(connection, header)
    case TYPE.disconnect:
      return handleDisconnect(connection, packet, header)
    default:
      throw protocolError(`a packet of type ${type} is out of place`)
  }
}
