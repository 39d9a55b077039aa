/** CONNECT (section 3.1): what is read from it, and what refuses it before anybody is asked. */
import { addressOf } from '@isthmus/runtime/address'
import type { ConnectRefusalKind } from '../answers.ts'
import { Cursor } from './cursor.ts'
import type { Connection } from './connection.ts'
import { checkLength, type FixedHeader } from './fixed-header.ts'
import { parsePacket, type PacketOf } from './packet.ts'
import { checkProperties } from './properties.ts'
import { malformed, protocolError, Violation } from './violation.ts'

const FLAG = { reserved: 0x01, will: 0x04, willQos: 0x18, willRetain: 0x20 } as const
const PASSWORD = 0x40
const USER_NAME = 0x80

/** Characters of the longest password that is worth asking the directory about. */
const MAX_TOKEN = 128

/** Reads the packet, then refuses it or asks the directory. */
export const handleConnect = (connection: Connection, bytes: Buffer, header: FixedHeader): void => {
  const cursor = new Cursor(bytes, bytes.length - header.remaining, bytes.length)
  const name = cursor.string()
  const level = cursor.byte()
  // [MQTT-3.1.2-2]: 3.1.1 "MUST respond ... with a CONNACK return code 0x01 (unacceptable protocol
  // level)"; 5 may send reason code 0x84. The high bit marks a bridge, which is refused alike.
  connection.version = (level & 0x7f) >= 5 ? 5 : 4
  if (name !== 'MQTT' || (level !== 4 && level !== 5)) {
    return connection.refuse('unsupported-version', 'this server speaks MQTT 3.1.1 and MQTT 5')
  }
  try {
    checkLength(header, connection.version)
    const identifiers = checkConnect(cursor, connection)
    const packet = parsePacket('connect', bytes, connection.version)
    const refusal = judge(connection, packet, identifiers)
    if (refusal) connection.refuse(refusal[0], refusal[1])
    else authenticate(connection, packet)
  } catch (error) {
    refuseViolation(connection, error)
  }
}

/** Walks the packet from behind the protocol level. @returns the identifiers of its properties. */
const checkConnect = (cursor: Cursor, connection: Connection): ReadonlySet<number> => {
  const limit = connection.limits.maxPropertyBytes
  const flags = cursor.byte()
  // [MQTT-3.1.2-3]: "validate that the reserved flag in the CONNECT Control Packet is set to zero".
  if (flags & FLAG.reserved) throw malformed('the reserved flag of CONNECT is set')
  const will = (flags & FLAG.will) !== 0
  // [MQTT-3.1.2-11] to [MQTT-3.1.2-15]: Will QoS is 0, 1 or 2; both are 0 without a will.
  const willQos = flags & FLAG.willQos
  if (willQos === FLAG.willQos) throw malformed('the Will QoS is 3')
  if (!will && (willQos || flags & FLAG.willRetain)) throw malformed('will flags without a will')
  // [MQTT-3.1.2-22] (3.1.1): "If the User Name Flag is set to 0, the Password Flag MUST be set to
  // 0". MQTT 5 allows it, and such a client is refused for lack of a name.
  if (connection.version === 4 && (flags & PASSWORD) !== 0 && !(flags & USER_NAME))
    throw malformed('a password without a user name')
  cursor.uint16()
  const properties =
    connection.version === 5 ? checkProperties(cursor, 'connect', limit) : new Set<number>()
  cursor.string()
  if (will) {
    if (connection.version === 5) checkProperties(cursor, 'will', limit)
    cursor.string()
    cursor.binary()
  }
  if (flags & USER_NAME) cursor.string()
  if (flags & PASSWORD) cursor.binary()
  cursor.finish()
  return properties
}

const AUTHENTICATION_METHOD = 0x15
const AUTHENTICATION_DATA = 0x16

const judge = (
  connection: Connection,
  packet: PacketOf<'connect'>,
  identifiers: ReadonlySet<number>,
): [ConnectRefusalKind, string] | undefined => {
  const { limits, version } = connection
  const { clientId, will, properties } = packet
  if (identifiers.has(AUTHENTICATION_METHOD))
    return ['authentication-method-unknown', 'log in with user name and password']
  // 3.1.2.11.10: "a Protocol Error to include Authentication Data if there is no ... Method".
  if (identifiers.has(AUTHENTICATION_DATA)) throw protocolError('authentication data, no method')
  // [MQTT-3.1.3-8] (3.1.1): a zero-byte client identifier needs clean session. MQTT 5 does not.
  if (clientId === '' && !packet.clean && version === 4)
    return ['client-identifier-invalid', 'an empty client identifier needs clean session']
  if (clientId.length > limits.maxClientIdLength)
    return ['client-identifier-invalid', `over ${limits.maxClientIdLength} characters`]
  // [MQTT-3.2.2-12], [MQTT-3.2.2-13] (5): a will of a QoS, or retained, that the server lacks.
  if (will?.qos === 2) return ['will-qos-refused', 'QoS 2 is not supported, nor are wills']
  if (will?.retain) return ['will-retain-refused', 'retain is not supported, nor are wills']
  if (will) return ['will-refused', 'wills are not supported: nobody may send in your absence']
  // [MQTT-3.1.2-25] (5) would have a server drop a message that is too large for its client, which
  // would break the promise that accepted letters arrive.
  const size = properties?.maximumPacketSize
  if (size !== undefined && size < limits.minClientPacketBytes)
    return ['maximum-packet-size-too-small', `letters need ${limits.minClientPacketBytes} bytes`]
  return undefined
}

const authenticate = (connection: Connection, packet: PacketOf<'connect'>): void => {
  const { limits, version } = connection
  const { clientId, properties, username, password } = packet
  connection.cleanStart = packet.clean ?? true
  connection.assignedClientId = clientId === ''
  connection.clientId = clientId || `isthmus-${connection.nonce}`
  connection.requestedKeepAlive = packet.keepalive ?? 0
  connection.requestedExpiry =
    version === 5
      ? (properties?.sessionExpiryInterval ?? 0)
      : connection.cleanStart
        ? 0
        : limits.maxSessionExpirySeconds
  connection.window = Math.min(limits.window, properties?.receiveMaximum ?? limits.window)
  connection.problemInformation = properties?.requestProblemInformation ?? true
  const address = addressOf('messenger', username ?? '')
  // What can not be a handle or a token gets the answer of a wrong one.
  if (!address || !password || password.length > MAX_TOKEN)
    return connection.refuse('not-authenticated', 'the user name or password is wrong')
  connection.address = address
  connection.state = 'authenticating'
  connection.effects.authenticate(address, password.toString('latin1'))
}

/** [MQTT-3.1.4-1]: 3.1.1 closes without a CONNACK; 5 may say why with one. */
const refuseViolation = (connection: Connection, error: unknown): void => {
  if (!(error instanceof Violation)) throw error
  const { kind, message } = error
  const known = kind === 'protocol-error' || kind === 'quota-exceeded'
  connection.refuse(known ? kind : 'malformed-packet', message)
}
