import { expect, test } from '@jest/globals'
import { BoundedMap } from './bounded-map.ts'

test('forgets what was set first, and says so', () => {
  const forgotten: number[] = []
  const map = new BoundedMap<string, number>(2, (value) => forgotten.push(value))
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  map.set('c', 4)
  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([undefined, 2, 4])
  expect(forgotten).toEqual([3])
})

test('does not speak of what is deleted', () => {
  const forgotten: number[] = []
  const map = new BoundedMap<string, number>(1, (value) => forgotten.push(value))
  map.set('a', 1)
  expect(map.delete('a')).toBe(true)
  map.set('b', 2)
  expect(forgotten).toEqual([])
})
