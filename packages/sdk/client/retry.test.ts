import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Close, CloseCause } from '../transports/port.ts'
import { fullJitter, reconnectDelay, RECONNECT, resubmitDelay } from './retry.ts'

const close = (cause: CloseCause, retryAfterMs?: number): Close => ({
  ...{ cause, detail: '', retryAfterMs },
})
const most = (): number => 0.999_999

describe('retry', () => {
  test('full jitter: anything from nothing to a bound that doubles up to its maximum', () => {
    const backoff = { baseMs: 100, maxMs: 1_000 }
    const bounds = [0, 1, 2, 3, 4, 1_000].map((attempt) => fullJitter(backoff, attempt, most))
    expect(bounds.map(Math.round)).toEqual([100, 200, 400, 800, 1_000, 1_000])
    expect(fullJitter(backoff, 5, () => 0)).toBe(0)
  })

  test('a hint is the soonest; those who got the same hint still come apart', () => {
    const hinted = (random: number): number =>
      reconnectDelay(close('try-later', 7_000), 0, () => random)
    expect(hinted(0)).toBe(7_000)
    expect(hinted(0.5)).toBe(7_250)
    expect(resubmitDelay(1_500, 0, () => 0)).toBe(1_500)
    expect(resubmitDelay(undefined, 0, () => 0)).toBe(0)
  })

  test('those whom a restart sent away spread over seconds at the first try already', () => {
    expect(reconnectDelay(close('going-away'), 0, most)).toBeGreaterThan(2_900)
    expect(reconnectDelay(close('lost'), 0, most)).toBeLessThan(500)
  })

  test('an overloaded relay is left alone for a moment at least', () => {
    expect(reconnectDelay(close('try-later'), 0, () => 0)).toBeGreaterThanOrEqual(1_000)
  })

  test('no wait is ever longer than the hint and the maximum', () => {
    const causes = fc.constantFrom<CloseCause>('lost', 'going-away', 'try-later')
    const inBounds = (cause: CloseCause, attempt: number, random: number, hint: number): void => {
      const wait = reconnectDelay(close(cause, hint), attempt, () => random)
      expect(wait).toBeGreaterThanOrEqual(hint)
      expect(wait).toBeLessThanOrEqual(hint + RECONNECT.maxMs)
    }
    const random = fc.double({ min: 0, max: 0.999_999, noNaN: true })
    fc.assert(fc.property(causes, fc.nat(), random, fc.nat(100_000), inBounds))
  })
})
