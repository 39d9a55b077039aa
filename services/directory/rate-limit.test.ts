import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createRateLimiter } from './rate-limit.ts'

test('gives the burst at once, then one for each share of the time', () => {
  const { take } = createRateLimiter({ burst: 3, refillMs: 3_000 })
  expect([take('a', 0), take('a', 0), take('a', 0)]).toEqual([0, 0, 0])
  expect(take('a', 0)).toBe(1_000)
  expect(take('a', 400)).toBe(600)
  expect(take('b', 400)).toBe(0)
  expect(take('a', 1_000)).toBe(0)
  expect(take('a', 1_000)).toBe(1_000)
})

test('whoever waits as long as told gets through', () => {
  const { take } = createRateLimiter({ burst: 7, refillMs: 1_000 })
  for (let request = 0; request < 7; request++) take('a', 0)
  for (let request = 0, now = 0; request < 100; request++) {
    const wait = take('a', now)
    expect(wait).toBeGreaterThan(0)
    now += wait
    expect(take('a', now)).toBe(0)
  }
})

test('never gives more than the burst and what the time brought', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(500)), { maxLength: 200 })
  const property = fc.property(fc.integer({ min: 1, max: 9 }), steps, (burst, requests) => {
    const limiter = createRateLimiter({ burst, refillMs: 1_000 }, 2)
    const given = new Map<string, number>()
    let now = 0
    for (const [key, passed] of requests) {
      now += passed
      if (limiter.take(key, now) === 0) given.set(key, (given.get(key) ?? 0) + 1)
    }
    for (const count of given.values()) {
      expect(count).toBeLessThanOrEqual(burst + (now / 1_000) * burst)
    }
  })
  fc.assert(property)
})

test('holds a bounded number of keys, and a flood of new ones frees nobody', () => {
  const { take } = createRateLimiter({ burst: 2, refillMs: 2_000 }, 100)
  take('victim', 0)
  take('victim', 0)
  let through = 0
  for (let key = 0; key < 5_000; key++) if (take(`flood ${key}`, 1) === 0) through++
  // 99 keys of their own, each once, and then the one that all others share.
  expect(through).toBe(101)
  expect(take('victim', 1)).toBeGreaterThan(0)
  // Once the buckets are full again they make room.
  expect(take('late', 2_001)).toBe(0)
  expect(take('late', 2_001)).toBe(0)
  expect(take('late', 2_001)).toBe(1_000)
})

test('a clock that goes back harms nobody', () => {
  const { take } = createRateLimiter({ burst: 1, refillMs: 1_000 })
  expect(take('a', 5_000)).toBe(0)
  expect(take('a', 0)).toBe(1_000)
})
