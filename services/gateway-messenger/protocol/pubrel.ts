/** PUBREL (section 3.6): the third packet of QoS 2, which this server never began. */
import type { Connection } from './connection.ts'
import type { FixedHeader } from './fixed-header.ts'
import { generatePacket, parsePacket } from './packet.ts'
import { checkAcknowledgement } from './puback.ts'
import { REASON } from './reason-codes.ts'
import { protocolError } from './violation.ts'

/**
 * [MQTT-4.3.3-2] (3.1.1), [MQTT-4.3.3-11] (5): "MUST respond to a PUBREL packet by sending a PUBCOMP
 * packet containing the same Packet Identifier". A client may have one left of another server's
 * session; MQTT 5 can tell it that the identifier means nothing here.
 */
export const handlePubrel = (connection: Connection, bytes: Buffer, header: FixedHeader): void => {
  const { version } = connection
  checkAcknowledgement(connection, bytes, header)
  const messageId = parsePacket('pubrel', bytes, version).messageId!
  if (messageId === 0) throw protocolError('the packet identifier is 0')
  const reasonCode = REASON.packetIdentifierNotFound
  connection.effects.send(generatePacket({ cmd: 'pubcomp', messageId, reasonCode }, version))
}
