import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { HandledStanzas } from '../transports/handled-stanzas.ts'
import { Inbox } from './inbox.ts'

describe('inbox', () => {
  test('the cursor moves over a letter only when all before it are handled', () => {
    const inbox = new Inbox(4)
    for (const sequence of [5, 6, 9]) expect(inbox.received(sequence)).toBe('new')
    expect(inbox.handled(6)).toBeUndefined()
    expect(inbox.handled(5)).toBe(6)
    expect(inbox.handled(9)).toBe(9)
  })

  test('what came before is out, or past', () => {
    const inbox = new Inbox(4)
    inbox.received(5)
    inbox.received(6)
    expect(inbox.received(5)).toBe('out')
    expect(inbox.received(4)).toBe('past')
    inbox.handled(5)
    expect(inbox.received(5)).toBe('past')
    expect(inbox.received(6)).toBe('out')
  })

  test('any order of handling: never beyond an unhandled letter, in the end up to the last', () => {
    const story = (sequences: number[], order: number[]): void => {
      const sorted = sequences.toSorted((a, b) => a - b)
      const inbox = new Inbox(0)
      for (const sequence of sorted) inbox.received(sequence)
      const handled = new Set<number>()
      const byChance = sorted.toSorted((a, b) => (order[a % 50] ?? 0) - (order[b % 50] ?? 0))
      for (const sequence of byChance) {
        handled.add(sequence)
        inbox.handled(sequence)
        const firstOpen = sorted.find((each) => !handled.has(each)) ?? Infinity
        const expected = sorted.filter((each) => each < firstOpen).at(-1) ?? 0
        expect(inbox.cursor).toBe(expected)
      }
    }
    const sequences = fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { maxLength: 40 })
    const order = fc.array(fc.nat(1_000), { minLength: 50, maxLength: 50 })
    fc.assert(fc.property(sequences, order, story))
  })
})

describe('handled stanzas', () => {
  test('an open letter holds back the count, whatever came after it', () => {
    const stanzas = new HandledStanzas()
    stanzas.received()
    expect(stanzas.count).toBe(1)
    stanzas.received(7)
    stanzas.received()
    stanzas.received(8)
    expect(stanzas.count).toBe(1)
    expect(stanzas.acknowledge(7)).toBe(true)
    expect(stanzas.count).toBe(3)
    expect(stanzas.acknowledge(7)).toBe(false)
    expect(stanzas.acknowledge(8)).toBe(true)
    expect(stanzas.count).toBe(4)
  })

  test('a new stream counts from zero', () => {
    const stanzas = new HandledStanzas()
    stanzas.received(1)
    stanzas.reset()
    expect(stanzas.count).toBe(0)
    stanzas.received()
    expect(stanzas.count).toBe(1)
  })
})
