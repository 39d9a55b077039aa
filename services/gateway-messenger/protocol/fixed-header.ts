/** The fixed header that starts every packet (MQTT 3.1.1 section 2.2, MQTT 5 section 2.1). */
import type { ProtocolVersion } from './packet.ts'
import { malformed } from './violation.ts'

/** Packet types: the upper four bits of the first byte. */
export const TYPE = {
  reserved: 0,
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
  auth: 15,
} as const

export const typeOf = (first: number): number => first >> 4

/** The lower four bits of the first byte; a PUBLISH has DUP, QoS and RETAIN there instead. */
const FLAGS: readonly number[] = [0, 0, 0, -1, 0, 0, 2, 0, 2, 0, 2, 0, 0, 0, 0, 0]

export const checkFlags = (first: number): void => {
  const type = typeOf(first)
  if (type === TYPE.reserved) throw malformed('packet type 0 is reserved')
  const flags = first & 0x0f
  if (type !== TYPE.publish) {
    // [MQTT-2.2.2-2], MQTT 5 [MQTT-2.1.3-1]: reserved flags have the values of the table; "if
    // invalid flags are received it is a Malformed Packet".
    if (flags !== FLAGS[type]) throw malformed('the reserved flags of the fixed header are wrong')
    return
  }
  // [MQTT-3.3.1-4]: "A PUBLISH Packet MUST NOT have both QoS bits set to 1."
  if ((flags & 0b0110) === 0b0110) throw malformed('a PUBLISH has both QoS bits set')
  // [MQTT-3.3.1-2]: "The DUP flag MUST be set to 0 for all QoS 0 messages."
  if ((flags & 0b1110) === 0b1000) throw malformed('a PUBLISH with QoS 0 has DUP set')
}

export interface FixedHeader {
  /** Bytes after the fixed header. */
  readonly remaining: number
  /** Bytes of the whole packet. */
  readonly size: number
  /** Offset of the first byte after the fixed header. */
  readonly bodyStart: number
  /** Offset after the packet's last byte, which may not be there yet. */
  readonly end: number
  /** Whether the length took no more bytes than it needs. */
  readonly minimal: boolean
}

/**
 * Reads the header of the packet that starts at `start`; undefined when its length is not complete
 * before `limit`.
 * @throws Violation when the length takes more than four bytes.
 */
export const readFixedHeader = (
  bytes: Uint8Array,
  start: number,
  limit: number,
): FixedHeader | undefined => {
  let remaining = 0
  let shift = 0
  for (let at = start + 1; at < limit; at++) {
    const byte = bytes[at]!
    remaining += (byte & 0x7f) << shift
    if (byte < 0x80) {
      const bodyStart = at + 1
      const end = bodyStart + remaining
      return { remaining, size: end - start, bodyStart, end, minimal: byte !== 0 || shift === 0 }
    }
    shift += 7
    // Section 2.2.3 (3.1.1) and 1.5.5 (5): the length has at most four bytes.
    if (shift > 21) throw malformed('the remaining length takes more than four bytes')
  }
  return undefined
}

/** [MQTT-1.5.5-1], MQTT 5 alone: "MUST use the minimum number of bytes necessary". */
export const checkLength = (header: FixedHeader, version: ProtocolVersion): void => {
  if (version === 5 && !header.minimal)
    throw malformed('the remaining length is longer than needed')
}
