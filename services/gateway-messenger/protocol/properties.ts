/**
 * The properties of MQTT 5 (section 2.2.2.2) that a client may send, and the walk over them. Which
 * packets may carry a property, how often and with which values is checked here; mqtt-packet, which
 * does not, then reads the values.
 */
import type { Cursor } from './cursor.ts'
import { malformed, protocolError, Violation } from './violation.ts'

export type PropertyOwner =
  'connect' | 'will' | 'publish' | 'subscribe' | 'unsubscribe' | 'acknowledgement' | 'disconnect'

type Read = (cursor: Cursor) => unknown

interface Property {
  readonly owners: readonly PropertyOwner[]
  readonly read: Read
}

const uint16: Read = (cursor) => cursor.uint16()
const uint32: Read = (cursor) => cursor.uint32()
const string: Read = (cursor) => cursor.string()
const binary: Read = (cursor) => cursor.binary()
const integer: Read = (cursor) => cursor.variableByteInteger()

const flag: Read = (cursor) => {
  // "It is a Protocol Error ... to have a value other than 0 or 1" (3.1.2.11.6 and its like).
  if (cursor.byte() > 1) throw protocolError('a property that is 0 or 1 has another value')
}

const nonZero =
  (read: Read): Read =>
  (cursor) => {
    // "It is a Protocol Error to include the value 0" (3.1.2.11.3, 3.1.2.11.4, 3.8.2.1.2).
    if (read(cursor) === 0) throw protocolError('a property that must not be 0 is 0')
  }

const topic: Read = (cursor) => {
  // [MQTT-3.3.2-14]: "The Response Topic MUST NOT contain wildcard characters."
  if (/[+#]/.test(cursor.string())) throw protocolError('the Response Topic has a wildcard')
}

/** Properties that only a server sends are left out: from a client they are a Protocol Error. */
const PROPERTIES = new Map<number, Property>([
  // Payload Format Indicator
  [0x01, { owners: ['publish', 'will'], read: flag }],
  // Message Expiry Interval
  [0x02, { owners: ['publish', 'will'], read: uint32 }],
  // Content Type
  [0x03, { owners: ['publish', 'will'], read: string }],
  // Response Topic
  [0x08, { owners: ['publish', 'will'], read: topic }],
  // Correlation Data
  [0x09, { owners: ['publish', 'will'], read: binary }],
  // Subscription Identifier. [MQTT-3.3.4-6]: a client's PUBLISH must not have one.
  [0x0b, { owners: ['subscribe'], read: nonZero(integer) }],
  // Session Expiry Interval
  [0x11, { owners: ['connect', 'disconnect'], read: uint32 }],
  // Authentication Method
  [0x15, { owners: ['connect'], read: string }],
  // Authentication Data
  [0x16, { owners: ['connect'], read: binary }],
  // Request Problem Information
  [0x17, { owners: ['connect'], read: flag }],
  // Will Delay Interval
  [0x18, { owners: ['will'], read: uint32 }],
  // Request Response Information
  [0x19, { owners: ['connect'], read: flag }],
  // Reason String
  [0x1f, { owners: ['acknowledgement', 'disconnect'], read: string }],
  // Receive Maximum
  [0x21, { owners: ['connect'], read: nonZero(uint16) }],
  // Topic Alias Maximum
  [0x22, { owners: ['connect'], read: uint16 }],
  // Topic Alias; its value is judged with the PUBLISH.
  [0x23, { owners: ['publish'], read: uint16 }],
  // Maximum Packet Size
  [0x27, { owners: ['connect'], read: nonZero(uint32) }],
])

const USER_PROPERTY = 0x26

const KNOWN_FROM_SERVERS: readonly number[] = [0x12, 0x13, 0x1a, 0x1c, 0x24, 0x25, 0x28, 0x29, 0x2a]

/**
 * Walks a packet's properties.
 * @param limit bytes that they may take.
 * @returns the identifiers that were there.
 */
export const checkProperties = (
  cursor: Cursor,
  owner: PropertyOwner,
  limit: number,
): ReadonlySet<number> => {
  const length = cursor.variableByteInteger()
  if (length > limit) throw new Violation('quota-exceeded', `properties take over ${limit} bytes`)
  const section = cursor.section(length)
  const seen = new Set<number>()
  while (section.left > 0) {
    const identifier = section.variableByteInteger()
    if (identifier === USER_PROPERTY) {
      section.string()
      section.string()
      continue
    }
    readOne(section, owner, identifier)
    // "It is a Protocol Error to include the ... more than once" (each property's own section).
    if (seen.has(identifier)) throw protocolError('a property is there twice')
    seen.add(identifier)
  }
  return seen
}

const readOne = (section: Cursor, owner: PropertyOwner, identifier: number): void => {
  const property = PROPERTIES.get(identifier)
  if (!property && !KNOWN_FROM_SERVERS.includes(identifier))
    throw malformed('a property identifier is unknown')
  // 2.2.2.2: "A Control Packet which contains an Identifier which is not valid for its packet type
  // ... is a Malformed Packet."
  if (!property?.owners.includes(owner))
    throw malformed('a property does not belong in this packet')
  property.read(section)
}
