/**
 * mqtt-packet, wrapped: it reports errors by events and by throwing, and its parser keeps bytes
 * between calls. Here it sees one whole packet at a time, so no parser outlives its packet and none
 * is held by an idle connection.
 */
import { generate, parser, writeToStream, type Packet, type PacketCmd } from 'mqtt-packet'
import { malformed } from './violation.ts'

export type { Packet } from 'mqtt-packet'
export type ProtocolVersion = 4 | 5
export type PacketOf<Command extends PacketCmd> = Extract<Packet, { cmd: Command }>

// Else the first packet generated builds 65,536 two-byte buffers, some 10 MB.
writeToStream.cacheNumbers = false

/**
 * Parses one whole packet of a known type.
 * @throws Violation `malformed-packet` when mqtt-packet refuses it.
 */
export const parsePacket = <Command extends PacketCmd>(
  command: Command,
  bytes: Buffer,
  version: ProtocolVersion,
): PacketOf<Command> => {
  let packet: Packet | undefined
  let failed = false
  const parsing = parser({ protocolVersion: version })
  parsing.on('packet', (parsed) => (packet = parsed))
  parsing.on('error', () => (failed = true))
  try {
    parsing.parse(bytes)
  } catch {
    failed = true
  }
  if (failed || packet?.cmd !== command) throw malformed(`the ${command} packet is malformed`)
  return packet as PacketOf<Command>
}

export const generatePacket = (packet: Packet, version: ProtocolVersion): Buffer =>
  generate(packet, { protocolVersion: version })
