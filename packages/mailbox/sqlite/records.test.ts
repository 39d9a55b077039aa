import { expect, test } from '@jest/globals'
import { type DeviceId, randomId } from '@isthmus/runtime/ids'
import fc from 'fast-check'
import { type Records, recordWriter, visitRecords } from './records.ts'

const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const record = fc.oneof(
  fc.tuple(fc.constant('group' as const), fc.double()),
  fc.tuple(fc.constant('mailbox' as const), u32, fc.constant(randomId() as DeviceId)),
  fc.tuple(fc.constant('key' as const), fc.uint8Array({ minLength: 16, maxLength: 16 })),
  fc.tuple(fc.constant('letter' as const), u32, u32, fc.double(), fc.uint8Array()),
  fc.tuple(fc.constant('ack' as const), u32, u32),
)
type Record = typeof record extends fc.Arbitrary<infer Value> ? Value : never

/** Starts small, so that growing is tried too. */
const pack = (records: readonly Record[]): Uint8Array => {
  const writer = recordWriter(() => new ArrayBuffer(16))
  for (const [name, ...fields] of records) {
    ;(writer[name] as (...fields: unknown[]) => void)(...fields)
  }
  const length = writer.length()
  return new Uint8Array(writer.take(), 0, length)
}

const unpack = (row: Uint8Array): unknown[] => {
  const found: unknown[] = []
  const note =
    (name: keyof Records) =>
    (...fields: unknown[]) =>
      found.push([name, ...fields])
  visitRecords(row, {
    group: note('group'),
    mailbox: note('mailbox'),
    key: note('key'),
    letter: note('letter'),
    ack: note('ack'),
  })
  return found
}

test('records come back as they were written', () => {
  fc.assert(
    fc.property(fc.array(record), (records) => {
      expect(unpack(pack(records))).toEqual(records)
    }),
  )
})

test('a row that is cut off inside a record is refused', () => {
  fc.assert(
    fc.property(record, fc.nat(), (one, cut) => {
      const row = pack([one])
      const length = 1 + (cut % (row.length - 1))
      expect(() => unpack(row.subarray(0, length))).toThrow('cut off')
    }),
  )
})

test('of any bytes only the documented error escapes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        unpack(bytes)
      } catch (error) {
        expect((error as Error).message).toMatch(/^the mailbox journal holds/)
      }
    }),
  )
})

test('another format is refused', () => {
  const row = pack([['group', 0]])
  row[1] = 9
  expect(() => unpack(row)).toThrow('format 9')
})

test('a writer goes on in another buffer, or from the start of its own', () => {
  const writer = recordWriter(() => new ArrayBuffer(64))
  writer.ack(1, 2)
  writer.clear()
  writer.ack(3, 4)
  const first = new Uint8Array(writer.take(), 0, 9)
  writer.ack(5, 6)
  expect(unpack(first)).toEqual([['ack', 3, 4]])
  expect(writer.length()).toBe(9)
})
