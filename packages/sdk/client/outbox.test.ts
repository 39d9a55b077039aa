import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Outbox, type OutboxEntry } from './outbox.ts'

const HOUR = 3_600_000
const entry = (id: string, to = 'instagram:ada', createdAt = 0): OutboxEntry => ({
  ...{ id, to, createdAt, content: new Uint8Array(0), ttlSeconds: 0, isReceipt: false },
})
const make = (maxUnderWay = 32): Outbox =>
  new Outbox({ giveUpAfterMs: HOUR, maxUnderWay, random: () => 0.5 })
const ids = (entries: readonly OutboxEntry[]): string[] => entries.map(({ id }) => id)
const unavailable = { code: 'unavailable', retryAfterMs: undefined } as const

describe('outbox', () => {
  test('one message under way for each recipient, in the order of sending', () => {
    const outbox = make()
    const [one, two, other] = [entry('1'), entry('2'), entry('3', 'instagram:bob')]
    for (const each of [one, two, other]) outbox.add(each)
    expect(ids(outbox.take(0))).toEqual(['1', '3'])
    expect(outbox.take(0)).toEqual([])
    outbox.accepted(one)
    expect(ids(outbox.take(0))).toEqual(['2'])
    expect(outbox.size).toBe(2)
  })

  test('a message that must wait holds back those behind it, and nobody else', () => {
    const outbox = make()
    const [one, two, other] = [entry('1'), entry('2'), entry('3', 'instagram:bob')]
    outbox.add(one)
    outbox.add(two)
    outbox.take(0)
    const verdict = outbox.setBack(one, { code: 'mailbox-full', retryAfterMs: 5_000 }, 0)
    expect(verdict).toEqual({ outcome: 'retry', at: 5_100 })
    outbox.add(other)
    expect(ids(outbox.take(5_099))).toEqual(['3'])
    expect(outbox.nextAt()).toBe(5_100)
    expect(ids(outbox.take(5_100))).toEqual(['1'])
  })

  test('over one’s rate, nothing goes to anybody until the wait is over', () => {
    const outbox = make()
    outbox.add(entry('1'))
    const [one] = outbox.take(0)
    outbox.setBack(one!, { code: 'rate-limited', retryAfterMs: 2_000 }, 0)
    outbox.add(entry('2', 'instagram:bob'))
    expect(outbox.take(2_099)).toEqual([])
    expect(outbox.nextAt()).toBe(2_100)
    expect(ids(outbox.take(2_100))).toEqual(['1', '2'])
  })

  test('stale devices: sealed anew at once, then with waits, then given up', () => {
    const outbox = make()
    const one = entry('1')
    outbox.add(one)
    const stale = { code: 'stale-devices', retryAfterMs: undefined } as const
    let now = 0
    const waits: number[] = []
    for (;;) {
      expect(ids(outbox.take(now))).toEqual(['1'])
      const verdict = outbox.setBack(one, stale, now)
      if (verdict.outcome === 'failed') break
      waits.push(verdict.at - now)
      now = verdict.at
    }
    expect(waits).toEqual([0, 100, 200, 400, 800])
    expect(outbox.size).toBe(0)
  })

  test('what can’t be sent in time is given up, with the last reason', () => {
    const outbox = make()
    const one = entry('1', 'instagram:ada', 1_000)
    outbox.add(one)
    outbox.take(1_000)
    expect(outbox.setBack(one, unavailable, HOUR).outcome).toBe('retry')
    outbox.take(2 * HOUR)
    expect(outbox.setBack(one, unavailable, 2 * HOUR)).toEqual({
      outcome: 'failed',
      code: 'unavailable',
    })
  })

  test.each(['unknown-recipient', 'refused', 'too-large', 'malformed', 'unauthenticated'] as const)(
    '%s is final, and the next message has its turn',
    (code) => {
      const outbox = make()
      const one = entry('1')
      outbox.add(one)
      outbox.add(entry('2'))
      outbox.take(0)
      const verdict = outbox.setBack(one, { code, retryAfterMs: undefined }, 0)
      expect(verdict).toEqual({ outcome: 'failed', code })
      expect(ids(outbox.take(0))).toEqual(['2'])
    },
  )

  test('an attempt that the connection cut off goes again, before what came after it', () => {
    const outbox = make()
    const one = entry('1')
    outbox.add(one)
    outbox.add(entry('2'))
    outbox.take(0)
    outbox.release(one)
    expect(ids(outbox.take(0))).toEqual(['1'])
  })

  test('any story: order for each recipient, nothing lost, bounded, nothing under way twice', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'take', 'accept', 'unavailable', 'rate-limited', 'release'),
      who: fc.nat(4),
      wait: fc.nat(5_000),
    })
    const story = (steps: { kind: string; who: number; wait: number }[]): void => {
      const outbox = make(3)
      const expected = new Map<string, string[]>()
      const got = new Map<string, string[]>()
      let [underWay, now, count]: [OutboxEntry[], number, number] = [[], 0, 0]
      const drop = (one: OutboxEntry): void => {
        underWay = underWay.filter(({ id }) => id !== one.id)
      }
      for (const { kind, who, wait } of steps) {
        now += wait
        const one = underWay[who % Math.max(underWay.length, 1)]
        if (kind === 'add') {
          const to = `instagram:p${who}`
          const added = entry(String(count++), to, now)
          outbox.add(added)
          expected.set(to, [...(expected.get(to) ?? []), added.id])
        } else if (kind === 'take') {
          underWay.push(...outbox.take(now))
        } else if (one) {
          drop(one)
          if (kind === 'release') outbox.release(one)
          else if (kind === 'accept') {
            outbox.accepted(one)
            got.set(one.to, [...(got.get(one.to) ?? []), one.id])
          } else {
            const code = kind as 'unavailable' | 'rate-limited'
            expect(outbox.setBack(one, { code, retryAfterMs: 10 }, now).outcome).toBe('retry')
          }
        }
        expect(underWay.length).toBeLessThanOrEqual(3)
        expect(new Set(underWay.map(({ to }) => to)).size).toBe(underWay.length)
      }
      // Let it run out: everything arrives, in order.
      while (outbox.size > 0) {
        now = Math.max(now, underWay.length > 0 ? now : outbox.nextAt())
        for (const one of [...underWay, ...outbox.take(now)]) {
          drop(one)
          outbox.accepted(one)
          got.set(one.to, [...(got.get(one.to) ?? []), one.id])
        }
      }
      expect(Object.fromEntries(got)).toEqual(Object.fromEntries(expected))
    }
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), story), { numRuns: 300 })
  })
})
