import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createKeyMemory, type KeyMemory } from './key-memory.ts'

const keyOf = (number: number): Uint8Array =>
  createHash('sha256').update(String(number)).digest().subarray(0, 16)

/** The same, told by a list: position by index. */
interface Model {
  readonly start: number
  keys: (Uint8Array | undefined)[]
}

const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), count: fc.nat(300) }),
  fc.record({ kind: fc.constant('truncate' as const), count: fc.nat(200) }),
  fc.record({ kind: fc.constant('forget' as const), count: fc.nat(200) }),
)

const compare = (memory: KeyMemory, { start, keys }: Model, gone: readonly Uint8Array[]): void => {
  const first = keys.findIndex((key) => key !== undefined)
  expect(memory.end()).toBe(start + keys.length)
  if (first >= 0) expect(memory.start()).toBe(start + first)
  for (const [i, key] of keys.entries()) {
    if (key) expect(memory.find(key)).toBe(start + i)
  }
  for (const key of gone) expect(memory.find(key)).toBe(-1)
}

test('finds each key at its position, through adding, truncating and forgetting', () => {
  fc.assert(
    fc.property(fc.nat(200_000), fc.array(step, { maxLength: 20 }), (start, steps) => {
      const memory = createKeyMemory(start)
      const model: Model = { start, keys: [] }
      const gone: Uint8Array[] = []
      let next = 0
      for (const { kind, count } of steps) {
        const { keys } = model
        if (kind === 'add') {
          for (let i = 0; i < count; i++) {
            const key = keyOf(next++)
            memory.add(key)
            keys.push(key)
          }
        } else if (kind === 'truncate') {
          const forgotten = keys.findIndex((key) => key !== undefined)
          const to = Math.max(keys.length - count, forgotten < 0 ? keys.length : forgotten)
          gone.push(...keys.splice(to).filter((key) => key !== undefined))
          memory.truncate(start + to)
        } else {
          const first = memory.start() - start
          for (let i = first; i < Math.min(first + count, keys.length); i++) {
            gone.push(keys[i]!)
            keys[i] = undefined
          }
          memory.forget(start + first + count)
        }
      }
      compare(memory, model, gone)
    }),
    { numRuns: 60 },
  )
})

test('goes over the bounds of chunks, both ways, and gives out copies', () => {
  const memory = createKeyMemory(65_530)
  for (let i = 0; i < 70_000; i++) memory.add(keyOf(i))
  memory.truncate(65_536 + 65_536)
  memory.forget(65_536)
  for (let i = 100_000; i < 100_010; i++) memory.add(keyOf(i))
  expect(memory.find(keyOf(5))).toBe(-1)
  expect(memory.find(keyOf(6))).toBe(65_536)
  expect(memory.find(keyOf(69_999))).toBe(-1)
  expect(memory.find(keyOf(100_000))).toBe(131_072)
  const copy = memory.copy(131_071, 131_073)
  expect(Buffer.from(copy)).toEqual(Buffer.concat([keyOf(131_071 - 65_530), keyOf(100_000)]))
})

test('keys that differ only in their last byte are told apart', () => {
  const memory = createKeyMemory()
  const keys = Array.from({ length: 256 }, (_, i) => Uint8Array.from([...Array(15).fill(1), i]))
  keys.forEach(memory.add)
  expect(keys.map(memory.find)).toEqual(keys.map((_, i) => i))
})
