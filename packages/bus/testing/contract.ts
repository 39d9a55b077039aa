/** What every bus promises (port.ts), as tests. Each adapter runs them from its own test file. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { BusError, type Bus } from '../port.ts'

/** Two ends of one bus: on a broker, two connections; in process, the same bus twice. */
export interface BusUnderTest {
  readonly near: Bus
  readonly far: Bus
  /** Resolves once every subscription and response made so far is in effect at both ends. */
  readonly settled: () => Promise<void>
  /** Closes both ends and whatever else the adapter started. */
  readonly close: () => Promise<void>
}

const LONG_MS = 10_000
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const never = (): Promise<never> => new Promise(() => {})

/** Collects messages and resolves `got(n)` once there are n of them. */
const createInbox = () => {
  const messages: Uint8Array[] = []
  let wake: (() => void) | undefined
  return {
    messages,
    take: (data: Uint8Array): void => {
      messages.push(data)
      wake?.()
    },
    got: async (count: number): Promise<Uint8Array[]> => {
      while (messages.length < count) await new Promise<void>((resolve) => (wake = resolve))
      return messages
    },
  }
}

const reasonOf = async (request: Promise<unknown>): Promise<unknown> => {
  const error: unknown = await request.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return error instanceof BusError ? error.reason : error
}

export const busContract = (name: string, create: () => Promise<BusUnderTest>): void => {
  describe(`bus: ${name}`, () => {
    let bus: BusUnderTest
    beforeEach(async () => {
      bus = await create()
    })
    afterEach(() => bus.close())

    describe('publish and subscribe', () => {
      test('reaches every subscriber once, in the order of publishing', async () => {
        const [here, there, again] = [createInbox(), createInbox(), createInbox()]
        bus.near.subscribe('t.a', here.take)
        bus.far.subscribe('t.a', there.take)
        bus.far.subscribe('t.a', again.take)
        await bus.settled()
        const sent = Array.from({ length: 500 }, (_, i) => bytes(i >> 8, i & 255))
        for (const data of sent) bus.near.publish('t.a', data)
        for (const inbox of [here, there, again]) {
          expect((await inbox.got(sent.length)).map((data) => [...data])).toEqual(
            sent.map((data) => [...data]),
          )
        }
      })

      test('one function subscribed twice is two subscribers', async () => {
        const inbox = createInbox()
        const first = bus.far.subscribe('t.a', inbox.take)
        bus.far.subscribe('t.a', inbox.take)
        await bus.settled()
        bus.near.publish('t.a', bytes(1))
        await inbox.got(2)
        first.unsubscribe()
        await bus.settled()
        bus.near.publish('t.a', bytes(2))
        expect((await inbox.got(3)).map((data) => data[0])).toEqual([1, 1, 2])
      })

      test('other subjects are not heard', async () => {
        const inbox = createInbox()
        bus.far.subscribe('t.a', inbox.take)
        await bus.settled()
        for (const subject of ['t', 't.b', 't.a.a', 'T.A']) bus.near.publish(subject, bytes(1))
        bus.near.publish('t.a', bytes(2))
        expect((await inbox.got(1)).map((data) => data[0])).toEqual([2])
      })

      test('handlers run after the publishing call has returned', async () => {
        const inbox = createInbox()
        let publishing = false
        let inside: boolean | undefined
        bus.near.subscribe('t.a', (data) => {
          inside = publishing
          inbox.take(data)
        })
        await bus.settled()
        publishing = true
        bus.near.publish('t.a', bytes(1))
        publishing = false
        await inbox.got(1)
        expect(inside).toBe(false)
      })

      test('a handler that throws harms no other handler and not the publisher', async () => {
        const inbox = createInbox()
        bus.near.subscribe('t.a', () => {
          throw new Error('planted by the contract suite')
        })
        bus.near.subscribe('t.a', inbox.take)
        await bus.settled()
        bus.near.publish('t.a', bytes(1))
        bus.near.publish('t.a', bytes(2))
        expect((await inbox.got(2)).map((data) => data[0])).toEqual([1, 2])
      })

      test('nothing is heard after unsubscribe has returned', async () => {
        const [gone, stays] = [createInbox(), createInbox()]
        const subscription = bus.near.subscribe('t.a', gone.take)
        bus.near.subscribe('t.a', stays.take)
        await bus.settled()
        bus.near.publish('t.a', bytes(1))
        subscription.unsubscribe()
        subscription.unsubscribe()
        bus.near.publish('t.a', bytes(2))
        await stays.got(2)
        expect(gone.messages).toEqual([])
      })

      test('publishing to nobody is not an error', () => {
        expect(() => bus.near.publish('t.nobody', bytes(1))).not.toThrow()
      })
    })

    describe('request and respond', () => {
      test('brings the reply to the request it belongs to', async () => {
        bus.far.respond('t.sync', (data) => bytes(...data, 1))
        bus.far.respond('t.async', async (data) => bytes(...data, 2))
        await bus.settled()
        const ask = (subject: string) => (n: number) => bus.near.request(subject, bytes(n), LONG_MS)
        const numbers = Array.from({ length: 100 }, (_, i) => i)
        const sync = await Promise.all(numbers.map(ask('t.sync')))
        const async = await Promise.all(numbers.map(ask('t.async')))
        expect(sync.map((data) => [...data])).toEqual(numbers.map((n) => [n, 1]))
        expect(async.map((data) => [...data])).toEqual(numbers.map((n) => [n, 2]))
      })

      test('the responder runs after the requesting call has returned', async () => {
        let asking = false
        let inside: boolean | undefined
        bus.near.respond('t.q', (data) => {
          inside = asking
          return data
        })
        await bus.settled()
        asking = true
        const reply = bus.near.request('t.q', bytes(1), LONG_MS)
        asking = false
        await reply
        expect(inside).toBe(false)
      })

      test('each request goes to one of the responders, and each of them gets some', async () => {
        const counts = [0, 0, 0]
        const responders = counts.map((_, i) => (data: Uint8Array) => {
          counts[i]! += 1
          return data
        })
        for (const [i, responder] of responders.entries()) {
          ;(i === 0 ? bus.near : bus.far).respond('t.q', responder)
        }
        await bus.settled()
        for (let i = 0; i < 90; i += 1) await bus.near.request('t.q', bytes(i), LONG_MS)
        expect(counts.reduce((sum, count) => sum + count)).toBe(90)
        expect(Math.min(...counts)).toBeGreaterThan(0)
      })

      test('no-responders comes at once', async () => {
        const started = performance.now()
        expect(await reasonOf(bus.near.request('t.nobody', bytes(1), LONG_MS))).toBe(
          'no-responders',
        )
        const responding = bus.near.respond('t.q', (data) => data)
        await bus.settled()
        responding.unsubscribe()
        await bus.settled()
        expect(await reasonOf(bus.near.request('t.q', bytes(1), LONG_MS))).toBe('no-responders')
        expect(performance.now() - started).toBeLessThan(LONG_MS / 2)
      })

      test('a subscriber is not a responder', async () => {
        bus.far.subscribe('t.q', () => {})
        await bus.settled()
        const outcome = await reasonOf(bus.near.request('t.q', bytes(1), 200))
        expect(['no-responders', 'timeout']).toContain(outcome)
      })

      test('timeout comes after timeoutMs and not before; a late reply is dropped', async () => {
        let reply: ((data: Uint8Array) => void) | undefined
        bus.far.respond('t.q', () => new Promise((resolve) => (reply = resolve)))
        bus.far.respond('t.other', (data) => data)
        await bus.settled()
        const started = performance.now()
        expect(await reasonOf(bus.near.request('t.q', bytes(1), 60))).toBe('timeout')
        expect(performance.now() - started).toBeGreaterThanOrEqual(59)
        reply?.(bytes(9))
        expect(await bus.near.request('t.other', bytes(2), LONG_MS)).toEqual(bytes(2))
      })

      test('a responder that throws or rejects gives failed, and goes on responding', async () => {
        bus.far.respond('t.q', (data) => {
          if (data[0] === 1) throw new Error('planted by the contract suite')
          if (data[0] === 2) return Promise.reject(new Error('planted by the contract suite'))
          return data
        })
        await bus.settled()
        expect(await reasonOf(bus.near.request('t.q', bytes(1), LONG_MS))).toBe('failed')
        expect(await reasonOf(bus.near.request('t.q', bytes(2), LONG_MS))).toBe('failed')
        expect(await bus.near.request('t.q', bytes(3), LONG_MS)).toEqual(bytes(3))
      })
    })

    describe('close', () => {
      test('rejects what is under way and what comes later with closed', async () => {
        bus.far.respond('t.q', never)
        await bus.settled()
        const under = reasonOf(bus.near.request('t.q', bytes(1), LONG_MS))
        await bus.near.close()
        expect(await under).toBe('closed')
        expect(await reasonOf(bus.near.request('t.q', bytes(1), LONG_MS))).toBe('closed')
        expect(() => bus.near.publish('t.q', bytes(1))).not.toThrow()
        await bus.near.close()
      })

      test('ends subscriptions: what was published before is not heard after', async () => {
        const inbox = createInbox()
        bus.near.subscribe('t.a', inbox.take)
        await bus.settled()
        bus.near.publish('t.a', bytes(1))
        const closing = bus.near.close()
        const heard = inbox.messages.length
        await closing
        // A turn of the event loop: whatever was still to be handed over would be by now.
        await new Promise((resolve) => setImmediate(resolve))
        expect(inbox.messages.length).toBe(heard)
      })
    })
  })
}
