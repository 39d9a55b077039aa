import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { createDeadlines, type Expirable } from './deadlines.ts'

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

const inMs = (ms: number): Expirable => ({ deadline: performance.now() + ms })

const create = () => {
  const expired: Expirable[] = []
  const deadlines = createDeadlines<Expirable>((item) => {
    expired.push(item)
    deadlines.remove(item)
  })
  return { deadlines, expired }
}

test('each item expires once, at its deadline or up to a sweep later, never before', () => {
  const { deadlines, expired } = create()
  const [late, soon, sooner] = [inMs(5000), inMs(60), inMs(20)]
  for (const item of [late, soon, sooner]) deadlines.add(item)
  jest.advanceTimersByTime(19)
  expect(expired).toEqual([])
  jest.advanceTimersByTime(11)
  expect(expired).toEqual([sooner])
  jest.advanceTimersByTime(29)
  expect(expired).toEqual([sooner])
  jest.advanceTimersByTime(11)
  expect(expired).toEqual([sooner, soon])
  jest.advanceTimersByTime(10_000)
  expect(expired).toEqual([sooner, soon, late])
})

test('there is one timer while anything waits and none after', () => {
  const { deadlines, expired } = create()
  for (const ms of [5000, 300, 300, 7000, 20]) deadlines.add(inMs(ms))
  expect(jest.getTimerCount()).toBe(1)
  jest.advanceTimersByTime(8000)
  expect(expired).toHaveLength(5)
  expect(jest.getTimerCount()).toBe(0)
})

test('the timer is set once for a thousand items of the same patience', () => {
  const { deadlines } = create()
  const setTimer = jest.spyOn(globalThis, 'setTimeout')
  for (let i = 0; i < 1000; i += 1) deadlines.add(inMs(50))
  expect(setTimer).toHaveBeenCalledTimes(1)
  setTimer.mockRestore()
})

test('a removed item is forgotten at once and does not expire', () => {
  const { deadlines, expired } = create()
  const [stays, goes] = [inMs(50), inMs(50)]
  deadlines.add(goes)
  deadlines.add(stays)
  expect(deadlines.remove(goes)).toBe(true)
  expect(deadlines.remove(goes)).toBe(false)
  expect(deadlines.waiting()).toEqual([stays])
  jest.advanceTimersByTime(100)
  expect(expired).toEqual([stays])
  expect(deadlines.waiting()).toEqual([])
})
