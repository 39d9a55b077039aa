/**
 * WebSocket messages to packets. "A single WebSocket data frame can contain multiple or partial
 * MQTT Control Packets. The receiver MUST NOT assume that MQTT Control Packets are aligned on
 * WebSocket frame boundaries" [MQTT-6.0.0-2].
 *
 * Packets that are whole in a message are taken from it without a copy, and nothing is held between
 * messages then. Parts are copied into a buffer that grows with what has come, not with what a
 * length claims, so that a lying length costs its sender as many bytes as it costs the relay.
 */
import { readFixedHeader, type FixedHeader } from './fixed-header.ts'

export interface PacketSink {
  /** Whether packets are taken at all now; while not, bytes wait in the assembler. */
  readonly open: () => boolean
  /** Judges a packet by its fixed header, before its body is waited for. May throw a Violation. */
  readonly admit: (first: number, header: FixedHeader) => void
  /** A whole packet, from `start` to `header.end`. May throw a Violation. */
  readonly take: (bytes: Buffer, start: number, header: FixedHeader) => void
}

/** A packet up to this size gets its whole buffer at once. */
const SMALL = 1_024

export class Assembler {
  #held: Buffer | undefined
  #length = 0

  /** How many bytes wait: a part of a packet, or what came while the sink was not open. */
  get waiting(): number {
    return this.#length
  }

  push(bytes: Buffer, sink: PacketSink): void {
    let at = this.#length > 0 && sink.open() ? this.#complete(bytes, sink) : 0
    while (at < bytes.length && sink.open()) {
      const header = readFixedHeader(bytes, at, bytes.length)
      if (header) sink.admit(bytes[at]!, header)
      if (!header || header.end > bytes.length) {
        this.#hold(bytes, at, bytes.length, header ? header.size : 0)
        return
      }
      sink.take(bytes, at, header)
      at = header.end
    }
    if (at < bytes.length) this.#hold(bytes, at, bytes.length, 0)
  }

  /** Gives the sink what waited while it was not open. */
  release(sink: PacketSink): void {
    const held = this.#held
    const length = this.#length
    this.drop()
    if (held) this.push(held.subarray(0, length), sink)
  }

  drop(): void {
    this.#held = undefined
    this.#length = 0
  }

  /** Adds to the packet that is held; returns how many of the bytes belong to it. */
  #complete(bytes: Buffer, sink: PacketSink): number {
    let at = 0
    let header = readFixedHeader(this.#held!, 0, this.#length)
    while (!header && at < bytes.length) {
      this.#hold(bytes, at, ++at, 0)
      header = readFixedHeader(this.#held!, 0, this.#length)
    }
    if (!header) return at
    sink.admit(this.#held![0]!, header)
    const upTo = Math.min(bytes.length, at + header.end - this.#length)
    this.#hold(bytes, at, upTo, header.end)
    if (this.#length === header.end) {
      const packet = this.#held!
      this.drop()
      sink.take(packet, 0, header)
    }
    return upTo
  }

  /** Copies a range behind what is held. `total` is the packet's size, or 0 if it is not known. */
  #hold(bytes: Buffer, from: number, upTo: number, total: number): void {
    const needed = this.#length + upTo - from
    if (!this.#held || needed > this.#held.length) {
      // Doubling keeps the copying linear however small the pieces are.
      const wish = total > 0 && total <= SMALL ? total : Math.max(2 * needed, 16)
      // From Buffer's pool, which clients that write a packet in pieces need to be cheap: a part
      // that never becomes whole pins at most one 8 KB slab.
      const next = Buffer.allocUnsafe(total > 0 ? Math.min(wish, total) : wish)
      if (this.#held) this.#held.copy(next, 0, 0, this.#length)
      this.#held = next
    }
    bytes.copy(this.#held, this.#length, from, upTo)
    this.#length = needed
  }
}
