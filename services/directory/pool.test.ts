import { expect, test } from '@jest/globals'
import { createPool } from './pool.ts'

test('runs so many at once, lets so many wait, refuses the rest', async () => {
  const pool = createPool(2, 1, () => new Error('full'))
  const started: number[] = []
  const ends: (() => void)[] = []
  const task = (id: number) => () => {
    started.push(id)
    return new Promise<number>((resolve) => ends.push(() => resolve(id)))
  }
  const [first, second, third] = [pool(task(1)), pool(task(2)), pool(task(3))]
  await expect(pool(task(4))).rejects.toThrow('full')
  expect(started).toEqual([1, 2])
  ends[0]?.()
  expect(await first).toBe(1)
  expect(started).toEqual([1, 2, 3])
  ends[1]?.()
  ends[2]?.()
  expect(await Promise.all([second, third])).toEqual([2, 3])
})

test('a task that fails gives its place free', async () => {
  const pool = createPool(1, 5, () => new Error('full'))
  const failing = pool(() => Promise.reject(new Error('no')))
  const after = pool(async () => 'yes')
  await expect(failing).rejects.toThrow('no')
  expect(await after).toBe('yes')
})
