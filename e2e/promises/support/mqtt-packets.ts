/** MQTT packets, written and read by hand, so that wrong ones can be made as well as right ones. */

/** A length in MQTT's variable form, with zeros on top if it shall take more bytes than it needs. */
export const variableLength = (length: number, bytes = 1): Buffer => {
  const digits: number[] = []
  let rest = length
  do {
    digits.push(rest & 127)
    rest = Math.floor(rest / 128)
  } while (rest > 0 || digits.length < bytes)
  return Buffer.from(digits.map((digit, at) => (at < digits.length - 1 ? digit | 128 : digit)))
}

export const uint16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255])

/** A string, or bytes that claim to be one. */
export const text = (value: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([uint16(bytes.length), bytes])
}

/** @param first the type in the upper four bits, the flags in the lower four. */
export const packet = (first: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([first]), variableLength(body.length), body])
}

export type Version = 4 | 5

/** The properties of a packet, which only MQTT 5 has. */
const properties = (version: Version, bytes: Uint8Array = Buffer.alloc(0)): Buffer =>
  version === 5 ? Buffer.concat([variableLength(bytes.length), bytes]) : Buffer.alloc(0)

export interface ConnectFields {
  readonly version: Version
  readonly clientId: string
  readonly userName: string
  readonly password: string
  readonly clean?: boolean
  /** Seconds; 0: none. */
  readonly keepAlive?: number
  /** MQTT 5 properties as bytes. */
  readonly properties?: Uint8Array
  /** A will: its flags in the CONNECT's byte, and topic and payload. */
  readonly will?: {
    readonly flags: number
    readonly topic: string
    readonly properties?: Uint8Array
  }
}

const FLAG = { clean: 0x02, will: 0x04, password: 0x40, userName: 0x80 } as const

export const connect = (fields: ConnectFields): Buffer => {
  const { version, clientId, userName, password, clean = true, keepAlive = 0, will } = fields
  const flags =
    FLAG.userName | FLAG.password | (clean ? FLAG.clean : 0) | (will ? FLAG.will | will.flags : 0)
  const willParts = will
    ? [properties(version, will.properties), text(will.topic), text('gone')]
    : []
  return packet(
    0x10,
    text('MQTT'),
    Buffer.from([version, flags]),
    uint16(keepAlive),
    properties(version, fields.properties),
    text(clientId),
    ...willParts,
    text(userName),
    text(password),
  )
}

export interface PublishFields {
  readonly version: Version
  readonly topic: string | Uint8Array
  readonly packetId: number
  readonly payload: Uint8Array
  /** The lower four bits of the first byte; 2: QoS 1. */
  readonly flags?: number
  readonly properties?: Uint8Array
}

export const publish = (fields: PublishFields): Buffer => {
  const { version, topic, packetId, payload, flags = 2 } = fields
  const id = (flags & 6) > 0 ? uint16(packetId) : Buffer.alloc(0)
  return packet(0x30 | flags, text(topic), id, properties(version, fields.properties), payload)
}

export const subscribe = (
  version: Version,
  packetId: number,
  filters: readonly string[],
  qos = 1,
  props?: Uint8Array,
): Buffer => {
  const each = filters.flatMap((filter) => [text(filter), Buffer.from([qos])])
  return packet(0x82, uint16(packetId), properties(version, props), ...each)
}

export const puback = (packetId: number): Buffer => packet(0x40, uint16(packetId))

export interface Packet {
  readonly type: number
  readonly flags: number
  readonly body: Buffer
}

/** Cuts packets out of a stream of bytes. */
export class PacketReader {
  #rest = Buffer.alloc(0)

  /** The packets that are whole now. */
  push(bytes: Uint8Array): Packet[] {
    this.#rest = Buffer.concat([this.#rest, bytes])
    const packets: Packet[] = []
    for (let packet = this.#cut(); packet; packet = this.#cut()) packets.push(packet)
    return packets
  }

  #cut(): Packet | undefined {
    const bytes = this.#rest
    let length = 0
    for (let at = 1; at < bytes.length && at < 5; at++) {
      const byte = bytes[at] ?? 0
      length += (byte & 127) * 128 ** (at - 1)
      if (byte > 127) continue
      const [start, end] = [at + 1, at + 1 + length]
      if (bytes.length < end) return undefined
      this.#rest = bytes.subarray(end)
      const first = bytes[0] ?? 0
      return { type: first >> 4, flags: first & 15, body: bytes.subarray(start, end) }
    }
    return undefined
  }
}

/** Splits the variable length at the beginning of some bytes from what follows it. */
export const readVariable = (bytes: Buffer): { readonly value: number; readonly rest: Buffer } => {
  let value = 0
  for (let at = 0; at < 4; at++) {
    const byte = bytes[at] ?? 0
    value += (byte & 127) * 128 ** at
    if (byte < 128) return { value, rest: bytes.subarray(at + 1) }
  }
  throw new RangeError('not a variable length')
}
