/** PINGREQ (section 3.12) and its PINGRESP. */
import type { Connection } from './connection.ts'
import type { FixedHeader } from './fixed-header.ts'
import { malformed } from './violation.ts'

const PINGRESP = Buffer.from([0xd0, 0x00])

/** [MQTT-3.12.4-1]: "The Server MUST send a PINGRESP Packet in response to a PINGREQ Packet." */
export const handlePingreq = (connection: Connection, header: FixedHeader): void => {
  if (header.remaining > 0) throw malformed('a PINGREQ has no body')
  connection.effects.send(PINGRESP)
}
