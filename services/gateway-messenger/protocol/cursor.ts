/**
 * Reads a packet's fields strictly. mqtt-packet reads ahead of a field that is too short, mends
 * ill-formed UTF-8 and skips what is left over; both versions of MQTT forbid that, so each packet
 * is walked here before mqtt-packet reads its values.
 */
import { malformed } from './violation.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export class Cursor {
  readonly #bytes: Uint8Array
  readonly #end: number
  #at: number

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  get left(): number {
    return this.#end - this.#at
  }

  byte(): number {
    return this.#bytes[this.#skip(1)]!
  }

  uint16(): number {
    const at = this.#skip(2)
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!
  }

  uint32(): number {
    return this.uint16() * 0x1_0000 + this.uint16()
  }

  variableByteInteger(): number {
    let value = 0
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.byte()
      value += (byte & 0x7f) << shift
      if (byte >= 0x80) continue
      // [MQTT-1.5.5-1]: "The encoded value MUST use the minimum number of bytes necessary".
      if (byte === 0 && shift > 0) throw malformed('a variable byte integer is longer than needed')
      return value
    }
    throw malformed('a variable byte integer takes more than four bytes')
  }

  /** Binary data: skips it. */
  binary(): void {
    this.#skip(this.uint16())
  }

  string(): string {
    const length = this.uint16()
    const start = this.#skip(length)
    const text = this.#decode(start, start + length)
    // [MQTT-1.5.3-2] (3.1.1), [MQTT-1.5.4-2] (5): no "encoding of the null character U+0000".
    if (text.includes('\0')) throw malformed('a string holds U+0000')
    return text
  }

  /** A cursor over the next bytes, which this one skips. */
  section(length: number): Cursor {
    const start = this.#skip(length)
    return new Cursor(this.#bytes, start, start + length)
  }

  /** Everything up to the end. */
  rest(): void {
    this.#at = this.#end
  }

  finish(): void {
    if (this.left > 0) throw malformed('the packet holds more than its fields')
  }

  #skip(length: number): number {
    const at = this.#at
    if (length > this.#end - at) throw malformed('a field runs past the end of the packet')
    this.#at = at + length
    return at
  }

  #decode(start: number, end: number): string {
    try {
      return utf8.decode(this.#bytes.subarray(start, end))
    } catch {
      // [MQTT-1.5.3-1] (3.1.1), [MQTT-1.5.4-1] (5): "MUST be well-formed UTF-8".
      throw malformed('a string is not well-formed UTF-8')
    }
  }
}
