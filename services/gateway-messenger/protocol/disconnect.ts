/** DISCONNECT from the client (section 3.14). */
import { CLOSES } from '../answers.ts'
import type { Connection } from './connection.ts'
import { Cursor } from './cursor.ts'
import type { FixedHeader } from './fixed-header.ts'
import { parsePacket } from './packet.ts'
import { checkProperties } from './properties.ts'
import { protocolError } from './violation.ts'

export const handleDisconnect = (
  connection: Connection,
  bytes: Buffer,
  header: FixedHeader,
): void => {
  const { version, limits } = connection
  const cursor = new Cursor(bytes, bytes.length - header.remaining, bytes.length)
  if (version === 5 && cursor.left > 0) cursor.byte()
  if (version === 5 && cursor.left > 0)
    checkProperties(cursor, 'disconnect', limits.maxPropertyBytes)
  cursor.finish()
  const expiry = parsePacket('disconnect', bytes, version).properties?.sessionExpiryInterval
  if (expiry !== undefined) {
    // 3.14.2.2.2: "If the Session Expiry Interval in the CONNECT packet was zero, then it is a
    // Protocol Error to set a non-zero Session Expiry Interval in the DISCONNECT packet".
    if (expiry > 0 && connection.requestedExpiry === 0)
      throw protocolError('a session that ends with its connection can not be given longer')
    connection.sessionExpiry = Math.min(expiry, limits.maxSessionExpirySeconds)
  }
  connection.close(CLOSES.done, '')
}
