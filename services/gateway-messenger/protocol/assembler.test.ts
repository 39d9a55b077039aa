import { describe, expect, test } from '@jest/globals'
import { Assembler, type PacketSink } from './assembler.ts'

/** A PUBLISH of a size, every byte of it different from its neighbours. */
const packetOf = (size: number): Buffer => {
  const length: number[] = []
  for (let rest = size; rest > 0 || length.length === 0; rest >>>= 7)
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
  return Buffer.concat([Buffer.from([0x32, ...length]), Buffer.from([...Array(size).keys()])])
}

class Sink implements PacketSink {
  readonly packets: Buffer[] = []
  isOpen = true

  open(): boolean {
    return this.isOpen
  }

  admit(): void {}

  take(bytes: Buffer, start: number, header: { end: number }): void {
    this.packets.push(Buffer.from(bytes.subarray(start, header.end)))
  }
}

describe('assembling packets', () => {
  test.each([1, 2, 3, 7, 100, 5_000])('from pieces of %i bytes', (step) => {
    const sink = new Sink()
    const assembler = new Assembler()
    const packets = [0, 1, 127, 128, 300, 20_000, 2].map(packetOf)
    const bytes = Buffer.concat(packets)
    for (let at = 0; at < bytes.length; at += step)
      assembler.push(bytes.subarray(at, at + step), sink)
    expect(sink.packets.map((packet) => packet.length)).toEqual(packets.map(({ length }) => length))
    expect(Buffer.concat(sink.packets).equals(bytes)).toBe(true)
    expect(assembler.waiting).toBe(0)
  })

  test('a packet that is whole in its message is not copied', () => {
    const bytes = Buffer.concat([packetOf(10), packetOf(20)])
    const taken: Buffer[] = []
    const sink: PacketSink = {
      open: () => true,
      admit: () => undefined,
      take: (from) => void taken.push(from),
    }
    new Assembler().push(bytes, sink)
    expect(taken.every((from) => from === bytes)).toBe(true)
    expect(taken).toHaveLength(2)
  })

  test('what comes while the sink is not open waits, in order', () => {
    const sink = new Sink()
    const assembler = new Assembler()
    sink.isOpen = false
    const bytes = Buffer.concat([packetOf(10), packetOf(20), packetOf(30)])
    for (let at = 0; at < bytes.length; at += 9) assembler.push(bytes.subarray(at, at + 9), sink)
    expect(assembler.waiting).toBe(bytes.length)
    sink.isOpen = true
    assembler.release(sink)
    expect(Buffer.concat(sink.packets).equals(bytes)).toBe(true)
  })

  test('a lying length costs no more memory than what was sent', () => {
    const before = process.memoryUsage().arrayBuffers
    const kept: Assembler[] = []
    for (let index = 0; index < 200; index++) {
      const assembler = new Assembler()
      // It claims 256 MB.
      assembler.push(Buffer.from([0x32, 0xff, 0xff, 0xff, 0x7f, 0, 1]), new Sink())
      kept.push(assembler)
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000)
    expect(kept[0]?.waiting).toBe(7)
  })

  test('a flood of one-byte messages is copied in linear time', () => {
    const sink = new Sink()
    const assembler = new Assembler()
    const bytes = packetOf(1_000_000)
    const began = process.cpuUsage()
    for (let at = 0; at < bytes.length; at++) assembler.push(bytes.subarray(at, at + 1), sink)
    const { user } = process.cpuUsage(began)
    expect(sink.packets).toHaveLength(1)
    // Quadratic copying would move 500 GB.
    expect(user).toBeLessThan(10_000_000)
  })
})
