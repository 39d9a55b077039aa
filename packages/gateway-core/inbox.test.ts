import { describe, expect, test } from '@jest/globals'
import type { Page, PageLimit, StoredLetter } from '@isthmus/mailbox/port'
import fc from 'fast-check'
import { Inbox } from './inbox.ts'

const letter = (sequence: number, bytes = 10): StoredLetter => ({
  sequence,
  previous: sequence - 1,
  bytes: new Uint8Array(bytes),
})

/** A mailbox and a device in memory, with reads that answer when told to. */
class World {
  readonly delivered: number[] = []
  readonly pendingReads: { after: number; limit: PageLimit }[] = []
  readonly inbox: Inbox
  letters: StoredLetter[] = []
  cursor = 0
  writable = true
  mostInFlight = 0

  constructor(window: number, waiting: number, after = 0) {
    for (let sequence = 1; sequence <= waiting; sequence++) this.letters.push(letter(sequence))
    this.inbox = new Inbox(
      {
        deliver: ({ sequence }) => {
          this.delivered.push(sequence)
          this.mostInFlight = Math.max(this.mostInFlight, sequence - this.cursor)
        },
        readPage: (from, limit) => this.pendingReads.push({ after: from, limit }),
        writable: () => this.writable,
        moveCursor: (upTo) => {
          this.cursor = upTo
        },
      },
      window,
      after,
    )
  }

  append(tell: boolean, bytes = 10): void {
    const next = letter(this.letters.length + 1, bytes)
    this.letters.push(next)
    if (tell) this.inbox.told(next)
  }

  answerRead(stale = 0): void {
    const read = this.pendingReads.shift()
    if (!read) return
    const seen = this.letters.slice(0, this.letters.length - stale)
    const page = seen.filter(({ sequence }) => sequence > read.after).slice(0, read.limit.letters)
    const upTo = page.at(-1)?.sequence ?? read.after
    this.inbox.page({ letters: page, upTo, more: upTo < seen.length } satisfies Page)
  }

  answerAll(): void {
    while (this.pendingReads.length > 0) this.answerRead()
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

describe('inbox', () => {
  test('reads what waits page by page, then goes live without a gap', () => {
    const world = new World(4, 6)
    world.answerAll()
    expect(world.delivered).toEqual([1, 2, 3, 4])
    world.append(true)
    world.inbox.acknowledgeUpTo(4)
    world.answerAll()
    expect(world.delivered).toEqual(upTo(7))
    world.inbox.acknowledgeUpTo(7)
    world.append(true)
    expect(world.delivered).toEqual(upTo(8))
    expect(world.pendingReads).toHaveLength(0)
  })

  test('reads the mailbox when a telling was lost', () => {
    const world = new World(10, 0)
    world.answerAll()
    world.append(false)
    world.append(true)
    expect(world.delivered).toEqual([])
    world.answerAll()
    expect(world.delivered).toEqual([1, 2])
  })

  test('drops what it has sent already', () => {
    const world = new World(10, 2)
    world.answerAll()
    world.inbox.told(letter(2))
    expect(world.delivered).toEqual([1, 2])
  })

  test('keeps within the window and moves the cursor only over an unbroken run', () => {
    const world = new World(3, 5)
    world.answerAll()
    world.inbox.acknowledgeOne(2)
    world.inbox.acknowledgeOne(3)
    world.inbox.acknowledgeOne(99)
    expect(world.cursor).toBe(0)
    world.inbox.acknowledgeOne(1)
    expect(world.cursor).toBe(3)
    world.answerAll()
    expect(world.delivered).toEqual(upTo(5))
  })

  test('sends no more than half a mebibyte that is unacknowledged', () => {
    const world = new World(100, 0)
    world.answerAll()
    for (let count = 0; count < 20; count++) world.append(true, 65_536)
    expect(world.delivered).toHaveLength(8)
    world.inbox.acknowledgeUpTo(8)
    world.answerAll()
    expect(world.delivered.length).toBeGreaterThan(8)
  })

  test('waits while the socket is full and goes on when told', () => {
    const world = new World(10, 0)
    world.answerAll()
    world.writable = false
    world.append(true)
    expect(world.delivered).toEqual([])
    world.writable = true
    world.inbox.retry()
    world.answerAll()
    expect(world.delivered).toEqual([1])
  })

  test('asks again after a read that failed', () => {
    const world = new World(10, 3)
    world.pendingReads.shift()
    world.inbox.readFailed()
    world.inbox.retry()
    world.answerAll()
    expect(world.delivered).toEqual([1, 2, 3])
  })

  type Step = 'tell' | 'lose' | 'read' | 'stale' | 'ack' | 'ackOne' | 'full' | 'free'
  const steps = fc.array(
    fc.constantFrom<Step>('tell', 'lose', 'read', 'stale', 'ack', 'ackOne', 'full', 'free'),
    { maxLength: 200 },
  )

  const take = (world: World, step: Step): void => {
    if (step === 'tell' || step === 'lose') world.append(step === 'tell')
    else if (step === 'read') world.answerRead()
    else if (step === 'stale') world.answerRead(1)
    else if (step === 'ack') world.inbox.acknowledgeUpTo(world.delivered.at(-1) ?? 0)
    else if (step === 'ackOne') world.inbox.acknowledgeOne(world.cursor + 1)
    else world.writable = step === 'free'
  }

  test('whatever happens: in order, no gap, no repetition, within the window, all in the end', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 8 }), fc.nat(12), (story, window, waiting) => {
        const world = new World(window, waiting)
        for (const step of story) take(world, step)
        expect(world.delivered).toEqual(upTo(world.delivered.length))
        world.writable = true
        // One told letter reveals everything that was lost before it.
        world.append(true)
        for (let turn = 0; turn < 400; turn++) {
          world.answerAll()
          world.inbox.acknowledgeUpTo(world.delivered.at(-1) ?? 0)
          world.inbox.retry()
        }
        expect(world.delivered).toEqual(upTo(world.letters.length))
        expect(world.mostInFlight).toBeLessThanOrEqual(window)
      }),
    )
  })
})
