import { expect, test } from '@jest/globals'
import { createLifecycle } from './lifecycle.ts'
import { silentLogger } from './logger.ts'

test('stops the newest first, waits for each, and stops once', async () => {
  const lifecycle = createLifecycle(silentLogger)
  const order: string[] = []
  lifecycle.onStop('first', () => void order.push('first'))
  lifecycle.onStop('second', async () => {
    await new Promise((resolve) => setImmediate(resolve))
    order.push('second')
  })
  await Promise.all([lifecycle.stop(), lifecycle.stop()])
  expect(order).toEqual(['second', 'first'])
})

test('stops the rest when a part fails', async () => {
  const lifecycle = createLifecycle(silentLogger)
  let stopped = false
  lifecycle.onStop('rest', () => {
    stopped = true
  })
  lifecycle.onStop('broken', () => Promise.reject(new Error('broken')))
  await lifecycle.stop()
  expect(stopped).toBe(true)
})
