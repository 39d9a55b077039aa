import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { createInProcessBus } from './in-process.ts'
import { busContract } from './testing/contract.ts'

const data = Uint8Array.of(1)

busContract('in process', async () => {
  const bus = createInProcessBus({ onHandlerError: () => {} })
  return { near: bus, far: bus, settled: async () => {}, close: bus.close }
})

describe('in process only', () => {
  afterEach(() => {
    jest.useRealTimers()
    jest.restoreAllMocks()
  })

  test('responders take turns', async () => {
    const bus = createInProcessBus()
    for (const n of [0, 1, 2]) bus.respond('t.q', () => Uint8Array.of(n))
    const replies = await Promise.all(
      Array.from({ length: 7 }, () => bus.request('t.q', data, 1000)),
    )
    expect(replies.map((reply) => reply[0])).toEqual([0, 1, 2, 0, 1, 2, 0])
  })

  test('a responder that leaves before its turn comes is passed over', async () => {
    const bus = createInProcessBus()
    const leaving = bus.respond('t.q', () => Uint8Array.of(0))
    const first = bus.request('t.q', data, 1000)
    leaving.unsubscribe()
    await expect(first).rejects.toMatchObject({ reason: 'no-responders' })
    const second = bus.respond('t.q', () => Uint8Array.of(0))
    bus.respond('t.q', () => Uint8Array.of(1))
    const reply = bus.request('t.q', data, 1000)
    second.unsubscribe()
    expect(await reply).toEqual(Uint8Array.of(1))
  })

  test('the error of a handler is told, with its subject', async () => {
    const told: unknown[] = []
    const bus = createInProcessBus({ onHandlerError: (...args) => void told.push(args) })
    const error = new Error('planted')
    bus.subscribe('t.a', () => {
      throw error
    })
    bus.publish('t.a', data)
    await Promise.resolve()
    expect(told).toEqual([['t.a', error]])
  })

  test('without an error handler, the error is a process warning', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const bus = createInProcessBus()
    bus.subscribe('t.a', () => {
      throw new Error('planted')
    })
    bus.publish('t.a', data)
    await Promise.resolve()
    expect(emitWarning).toHaveBeenCalledWith(expect.stringMatching(/t\.a threw: Error: planted/))
  })

  test('the cause of failed is what the responder threw', async () => {
    const bus = createInProcessBus()
    const cause = new Error('planted')
    bus.respond('t.q', () => Promise.reject(cause))
    await expect(bus.request('t.q', data, 1000)).rejects.toMatchObject({ reason: 'failed', cause })
  })

  test('requests of different patience expire each at its own time', async () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask'] })
    const bus = createInProcessBus()
    bus.respond('t.q', () => new Promise(() => {}))
    const expired: number[] = []
    for (const timeout of [5000, 300, 20]) {
      bus.request('t.q', data, timeout).catch(() => expired.push(timeout))
    }
    await jest.advanceTimersByTimeAsync(299)
    expect(expired).toEqual([20])
    await jest.advanceTimersByTimeAsync(5000)
    expect(expired).toEqual([20, 300, 5000])
  })
})
