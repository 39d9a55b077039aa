/**
 * The mailbox port's contract: what every adapter promises. An adapter's test calls
 * `mailboxContract` with its factory.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type DeviceId, randomId } from '@isthmus/runtime/ids'
import type { AppendRequest, Mailboxes, MailboxOptions, NewLetter, StoredLetter } from '../port.ts'

export interface Fixture {
  readonly mailboxes: Mailboxes
  /** Stops the store as a crash or a restart does, without losing its disk, and starts it. */
  readonly reopen: () => Promise<Mailboxes>
  /** Closes the store and deletes what it wrote. */
  readonly end: () => Promise<void>
}

export interface ContractFactory {
  readonly open: (options: Partial<MailboxOptions>) => Promise<Fixture>
  /** Whether sequences count up by one in each mailbox. */
  readonly dense: boolean
}

const HOUR = 3_600_000
const START = Date.UTC(2030, 0, 1)
const ALL = { letters: 1_000, bytes: 10_000_000 }

const newKey = (): Uint8Array => Buffer.from(`${randomId()}==`, 'base64url')
const mailbox = (): DeviceId => randomId() as DeviceId
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const texts = (letters: readonly StoredLetter[]): string[] =>
  letters.map(({ bytes }) => text(bytes))

export const mailboxContract = (name: string, factory: ContractFactory): void => {
  describe(`mailbox contract: ${name}`, () => {
    /** Most tests share a store, and stay out of each other's way by their mailboxes. */
    let shared: Fixture
    let fixture: Fixture
    let store: Mailboxes
    let time = START

    /** A store of the test's own. */
    const open = async (options: Partial<MailboxOptions> = {}): Promise<void> => {
      fixture = await factory.open({ now: () => time, ...options })
      store = fixture.mailboxes
    }
    const reopen = async (): Promise<void> => {
      store = await fixture.reopen()
      if (fixture === shared) sharedStore = store
    }
    const letter = (to: DeviceId, content: string, ttl = HOUR): NewLetter => ({
      mailbox: to,
      bytes: Buffer.from(content),
      expiresAt: time + ttl,
    })
    const submission = (...letters: NewLetter[]): AppendRequest => ({ key: newKey(), letters })
    const append = (...letters: NewLetter[]) => store.append([submission(...letters)])
    /** Page by page to the end. */
    const readAll = async (from: DeviceId, after = 0): Promise<readonly StoredLetter[]> => {
      const letters: StoredLetter[] = []
      for (let upTo = after, more = true; more;) {
        const page = await store.read(from, upTo, ALL)
        letters.push(...page.letters)
        upTo = page.upTo
        more = page.more
      }
      return letters
    }
    const contents = async (from: DeviceId, after = 0): Promise<string[]> =>
      texts(await readAll(from, after))

    let sharedStore: Mailboxes
    beforeAll(async () => {
      shared = await factory.open({ now: () => time })
      sharedStore = shared.mailboxes
    })
    beforeEach(() => {
      fixture = shared
      store = sharedStore
    })
    afterEach(async () => {
      if (fixture !== shared) await fixture.end()
    })
    afterAll(() => shared.end())

    describe('appending', () => {
      test('a letter is read as it was written, also after a restart', async () => {
        const ada = mailbox()
        const bytes = Uint8Array.from({ length: 1_000 }, (_, i) => i % 256)
        const request = submission({ mailbox: ada, bytes, expiresAt: time + HOUR })
        expect(await store.append([request])).toEqual(['stored'])
        expect((await readAll(ada)).map((one) => Buffer.from(one.bytes))).toEqual([
          Buffer.from(bytes),
        ])
        await reopen()
        expect((await readAll(ada)).map((one) => Buffer.from(one.bytes))).toEqual([
          Buffer.from(bytes),
        ])
      })

      test('outcomes are in order, and one never changes its neighbour', async () => {
        await open({ quota: { letters: 1, bytes: 1_000 } })
        const [ada, bob, eve] = [mailbox(), mailbox(), mailbox()]
        const first = submission(letter(ada, 'a'))
        const outcomes = await store.append([
          first,
          submission(letter(bob, 'b')),
          first,
          submission(letter(ada, 'too much')),
          submission(letter(eve, 'c')),
        ])
        expect(outcomes).toEqual(['stored', 'stored', 'repeated', 'full', 'stored'])
        expect(await contents(ada)).toEqual(['a'])
        expect(await contents(bob)).toEqual(['b'])
        expect(await contents(eve)).toEqual(['c'])
      })

      test('the letters of a submission are stored all or none', async () => {
        await open({ quota: { letters: 1, bytes: 1_000 } })
        const [ada, bob] = [mailbox(), mailbox()]
        await append(letter(bob, 'first'))
        expect(await append(letter(ada, 'a'), letter(bob, 'b'))).toEqual(['full'])
        expect(await contents(ada)).toEqual([])
        store.acknowledge(bob, 1_000_000_000)
        expect(await append(letter(ada, 'a'), letter(bob, 'b'))).toEqual(['stored'])
        expect([await contents(ada), await contents(bob)]).toEqual([['a'], ['b']])
      })

      test('an empty batch has no outcomes', async () => {
        expect(await store.append([])).toEqual([])
      })

      test('many submissions at once, in one batch and in many', async () => {
        const boxes = Array.from({ length: 20 }, mailbox)
        const batch = Array.from({ length: 200 }, (_, i) =>
          submission(letter(boxes[i % 20]!, `${i}`)),
        )
        const outcomes = await Promise.all([
          store.append(batch),
          ...batch.map((_, i) => append(letter(boxes[i % 20]!, `${200 + i}`))),
        ])
        expect(new Set(outcomes.flat())).toEqual(new Set(['stored']))
        for (const [i, box] of boxes.entries()) {
          expect(await contents(box)).toEqual(
            Array.from({ length: 20 }, (_, turn) => `${turn * 20 + i}`),
          )
        }
      })
    })

    describe('repetitions', () => {
      test('a key that was stored stores nothing again', async () => {
        const ada = mailbox()
        const request = submission(letter(ada, 'once'))
        expect(await store.append([request])).toEqual(['stored'])
        expect(await store.append([request])).toEqual(['repeated'])
        expect(await contents(ada)).toEqual(['once'])
      })

      test('also after its letters were acknowledged, and after a restart', async () => {
        const ada = mailbox()
        const request = submission(letter(ada, 'once'))
        await store.append([request])
        store.acknowledge(ada, (await readAll(ada))[0]!.sequence)
        expect(await store.append([request])).toEqual(['repeated'])
        expect(await contents(ada)).toEqual([])
        await reopen()
        expect(await store.append([request])).toEqual(['repeated'])
      })

      test('also to the end of its time', async () => {
        await open({ rememberMs: 10 * HOUR })
        const request = submission(letter(mailbox(), 'once'))
        await store.append([request])
        time += 10 * HOUR
        await append(letter(mailbox(), 'another'))
        expect(await store.append([request])).toEqual(['repeated'])
        await reopen()
        expect(await store.append([request])).toEqual(['repeated'])
      })

      test('a repetition while the first is on its way is answered when that is durable', async () => {
        const ada = mailbox()
        const request = submission(letter(ada, 'once'))
        const outcomes = await Promise.all([store.append([request]), store.append([request])])
        expect(outcomes.flat()).toEqual(['stored', 'repeated'])
        const second = submission(letter(ada, 'twice'))
        let firstIsDurable = false
        const first = store.append([second]).then(() => {
          firstIsDurable = true
        })
        await new Promise(setImmediate)
        expect(await store.append([second])).toEqual(['repeated'])
        expect(firstIsDurable).toBe(true)
        await first
      })

      test('seen tells what is stored', async () => {
        await open({ quota: { letters: 1, bytes: 1_000 } })
        const ada = mailbox()
        const stored = submission(letter(ada, 'a'))
        const refused = submission(letter(ada, 'b'))
        expect(await store.seen(stored.key)).toBe(false)
        const appending = store.append([stored, refused])
        await appending
        expect(await store.seen(stored.key)).toBe(true)
        expect(await store.seen(refused.key)).toBe(false)
        await reopen()
        expect(await store.seen(stored.key)).toBe(true)
      })

      test('a submission that was refused may come again', async () => {
        await open({ quota: { letters: 1, bytes: 1_000 } })
        const ada = mailbox()
        await append(letter(ada, 'first'))
        const request = submission(letter(ada, 'second'))
        expect(await store.append([request])).toEqual(['full'])
        store.acknowledge(ada, 1_000_000_000)
        expect(await store.append([request])).toEqual(['stored'])
      })
    })

    describe('order', () => {
      test('sequences increase, and each letter names the one before', async () => {
        const [ada, bob] = [mailbox(), mailbox()]
        await store.append([
          submission(letter(ada, '1'), letter(bob, '1')),
          submission(letter(bob, '2')),
          submission(letter(ada, '2')),
        ])
        await append(letter(ada, '3'))
        for (const box of [ada, bob]) {
          const letters = await readAll(box)
          expect(texts(letters)).toEqual(box === ada ? ['1', '2', '3'] : ['1', '2'])
          let previous = 0
          for (const one of letters) {
            expect(one.previous).toBe(previous)
            expect(one.sequence).toBeGreaterThan(previous)
            if (factory.dense) expect(one.sequence).toBe(previous + 1)
            previous = one.sequence
          }
        }
      })

      test('no sequence is given twice, not after a deletion and not after a restart', async () => {
        const ada = mailbox()
        let last = 0
        for (let round = 0; round < 4; round++) {
          await append(letter(ada, `${round}`))
          const letters = await readAll(ada, last)
          expect(letters).toHaveLength(1)
          expect(letters[0]!.sequence).toBeGreaterThan(last)
          expect(letters[0]!.previous).toBe(last)
          last = letters[0]!.sequence
          if (round % 2 === 0) store.acknowledge(ada, last)
          if (round > 0) await reopen()
        }
      })
    })

    describe('paging', () => {
      const fill = async (box: DeviceId, count: number): Promise<void> => {
        await store.append(
          Array.from({ length: count }, (_, i) => submission(letter(box, `letter ${i}`))),
        )
      }

      test('pages of any size give each letter once and in order', async () => {
        const ada = mailbox()
        await fill(ada, 25)
        for (const limit of [
          { letters: 1, bytes: 1_000 },
          { letters: 7, bytes: 1_000 },
          { letters: 1_000, bytes: 30 },
          { letters: 1_000, bytes: 1 },
        ]) {
          const seen: string[] = []
          let after = 0
          for (let more = true; more;) {
            const page = await store.read(ada, after, limit)
            expect(page.letters.length).toBeLessThanOrEqual(limit.letters)
            seen.push(...texts(page.letters))
            expect(page.upTo).toBeGreaterThanOrEqual(after)
            expect(page.upTo).toBeGreaterThanOrEqual(page.letters.at(-1)?.sequence ?? 0)
            after = page.upTo
            more = page.more
          }
          expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `letter ${i}`))
        }
      })

      test('bytes end a page once they are reached; one letter is always given', async () => {
        const ada = mailbox()
        await append(letter(ada, 'x'.repeat(100)))
        await append(letter(ada, 'y'.repeat(100)))
        await append(letter(ada, 'z'))
        const page = await store.read(ada, 0, { letters: 10, bytes: 50 })
        expect(page).toMatchObject({ letters: [{}], more: true })
        const next = await store.read(ada, page.upTo, { letters: 10, bytes: 101 })
        expect(texts(next.letters).map((content) => content[0])).toEqual(['y', 'z'])
      })

      test('an empty or unknown mailbox gives an empty page', async () => {
        expect(await store.read(mailbox(), 0, ALL)).toEqual({ letters: [], upTo: 0, more: false })
        const page = await store.read(mailbox(), 7, ALL)
        expect(page).toMatchObject({ letters: [], more: false })
        expect(page.upTo).toBeGreaterThanOrEqual(7)
      })

      test('reading does not delete', async () => {
        const ada = mailbox()
        await fill(ada, 3)
        expect(await contents(ada)).toEqual(await contents(ada))
        expect(await contents(ada)).toHaveLength(3)
      })
    })

    describe('acknowledging', () => {
      test('moves the cursor and deletes what it covers, also after a restart', async () => {
        const ada = mailbox()
        expect(await store.cursor(ada)).toBe(0)
        for (const content of ['a', 'b', 'c']) await append(letter(ada, content))
        const second = (await readAll(ada))[1]!.sequence
        store.acknowledge(ada, second)
        expect(await contents(ada)).toEqual(['c'])
        expect(await store.cursor(ada)).toBe(second)
        // Written with the next group: after it, a restart does not lose it.
        await append(letter(ada, 'd'))
        await reopen()
        expect(await store.cursor(ada)).toBe(second)
        expect(await contents(ada)).toEqual(['c', 'd'])
      })

      test('the cursor never moves back, and never beyond the last letter', async () => {
        const ada = mailbox()
        for (const content of ['a', 'b', 'c']) await append(letter(ada, content))
        const [first, , third] = (await readAll(ada)).map(({ sequence }) => sequence)
        store.acknowledge(ada, third!)
        store.acknowledge(ada, first!)
        expect(await store.cursor(ada)).toBe(third)
        store.acknowledge(ada, third! + 1_000)
        expect(await store.cursor(ada)).toBe(third)
        await append(letter(ada, 'd'))
        expect(await contents(ada)).toEqual(['d'])
        expect(await contents(ada, third)).toEqual(['d'])
      })

      test('an acknowledgement is written by closing even when no group comes', async () => {
        await open()
        const ada = mailbox()
        await append(letter(ada, 'a'))
        store.acknowledge(ada, (await readAll(ada))[0]!.sequence)
        await store.close()
        await reopen()
        expect(await contents(ada)).toEqual([])
        expect((await store.stats()).letters).toBe(0)
      })

      test('of an unknown mailbox does nothing', async () => {
        const ada = mailbox()
        store.acknowledge(ada, 5)
        expect(await store.cursor(ada)).toBe(0)
        await append(letter(ada, 'a'))
        expect(await contents(ada)).toEqual(['a'])
      })
    })

    describe('quotas', () => {
      test('count letters', async () => {
        await open({ quota: { letters: 3, bytes: 1_000 } })
        const ada = mailbox()
        const outcomes = await store.append(
          ['a', 'b', 'c', 'd'].map((content) => submission(letter(ada, content))),
        )
        expect(outcomes).toEqual(['stored', 'stored', 'stored', 'full'])
        store.acknowledge(ada, (await readAll(ada))[1]!.sequence)
        expect(await append(letter(ada, 'e'))).toEqual(['stored'])
        expect(await append(letter(ada, 'f'))).toEqual(['stored'])
        expect(await append(letter(ada, 'g'))).toEqual(['full'])
        expect(await contents(ada)).toEqual(['c', 'e', 'f'])
      })

      test('count bytes', async () => {
        await open({ quota: { letters: 100, bytes: 10 } })
        const ada = mailbox()
        expect(await append(letter(ada, '123456'))).toEqual(['stored'])
        expect(await append(letter(ada, '12345'))).toEqual(['full'])
        expect(await append(letter(ada, '1234'))).toEqual(['stored'])
        store.acknowledge(ada, (await readAll(ada))[0]!.sequence)
        expect(await append(letter(ada, '123456'))).toEqual(['stored'])
      })

      test('hold after a restart, and for each mailbox alone', async () => {
        await open({ quota: { letters: 2, bytes: 1_000 } })
        const [ada, bob] = [mailbox(), mailbox()]
        await append(letter(ada, 'a'))
        await append(letter(ada, 'b'))
        await reopen()
        expect(await append(letter(ada, 'c'))).toEqual(['full'])
        expect(await append(letter(bob, 'c'))).toEqual(['stored'])
      })
    })

    describe('expiry', () => {
      test('an expired letter is not delivered, and the page goes past it', async () => {
        const ada = mailbox()
        await append(letter(ada, 'short', 1_000))
        await append(letter(ada, 'long', HOUR))
        await append(letter(ada, 'short too', 1_000))
        const last = (await readAll(ada))[2]!.sequence
        time += 1_000
        expect(await contents(ada)).toEqual(['long'])
        let page = await store.read(ada, 0, ALL)
        while (page.more) page = await store.read(ada, page.upTo, ALL)
        expect(page).toMatchObject({ upTo: last, more: false })
        await reopen()
        expect(await contents(ada)).toEqual(['long'])
      })

      test('expired letters do not count against the quota', async () => {
        await open({ quota: { letters: 2, bytes: 1_000 } })
        const ada = mailbox()
        await append(letter(ada, 'a', 1_000))
        await append(letter(ada, 'b', HOUR))
        expect(await append(letter(ada, 'c'))).toEqual(['full'])
        time += 1_000
        expect(await append(letter(ada, 'c'))).toEqual(['stored'])
        expect(await append(letter(ada, 'd'))).toEqual(['full'])
        expect(await contents(ada)).toEqual(['b', 'c'])
      })

      test('a key outlives its expired letters', async () => {
        const request = submission(letter(mailbox(), 'a', 1_000))
        await store.append([request])
        time += 2_000
        expect(await store.append([request])).toEqual(['repeated'])
      })
    })

    describe('following', () => {
      test('tells of each letter after it is durable, in order', async () => {
        const ada = mailbox()
        await append(letter(ada, 'before'))
        const told: StoredLetter[] = []
        const following = store.follow(ada, (one) => told.push(one))
        await Promise.all(['a', 'b', 'c'].map((content) => append(letter(ada, content))))
        await append(letter(mailbox(), 'elsewhere'))
        await expect(waitFor(() => told.length >= 3)).resolves.toBe(true)
        expect(texts(told)).toEqual(['a', 'b', 'c'])
        expect(told.map(plain)).toEqual((await readAll(ada)).slice(1).map(plain))
        following.stop()
        await append(letter(ada, 'd'))
        await append(letter(ada, 'e'))
        expect(told).toHaveLength(3)
      })

      test('a reader that follows first and then reads misses nothing', async () => {
        const ada = mailbox()
        const seen = new Set<number>()
        let writing = true
        const writer = (async () => {
          for (let i = 0; writing; i++) await append(letter(ada, `${i}`))
        })()
        await waitFor(async () => (await readAll(ada)).length > 10)
        store.follow(ada, ({ sequence }) => seen.add(sequence))
        for (const { sequence } of await readAll(ada)) seen.add(sequence)
        const after = seen.size
        await waitFor(() => seen.size > after + 10)
        writing = false
        await writer
        const all = (await readAll(ada)).map(({ sequence }) => sequence)
        await waitFor(() => seen.has(all.at(-1)!))
        expect([...seen].toSorted((a, b) => a - b)).toEqual(all)
      })

      test('the newest follower takes over, and the old one can stop no more than itself', async () => {
        const ada = mailbox()
        const told: string[] = []
        const first = store.follow(ada, () => told.push('first'))
        store.follow(ada, () => told.push('second'))
        first.stop()
        await append(letter(ada, 'a'))
        await waitFor(() => told.length > 0)
        expect(told).toEqual(['second'])
      })

      test('an expired letter is not told', async () => {
        const ada = mailbox()
        const told: string[] = []
        store.follow(ada, ({ bytes }) => told.push(text(bytes)))
        await append(letter(ada, 'late', 0))
        await append(letter(ada, 'good'))
        await waitFor(() => told.length > 0)
        expect(told).toEqual(['good'])
      })
    })

    describe('removing', () => {
      test('deletes all that was in the mailbox, for good', async () => {
        await open({ quota: { letters: 2, bytes: 1_000 } })
        const [ada, bob] = [mailbox(), mailbox()]
        await append(letter(ada, 'a'), letter(bob, 'a'))
        await append(letter(ada, 'b'))
        const last = (await readAll(ada))[1]!.sequence
        await store.remove(ada)
        expect(await contents(ada)).toEqual([])
        expect(await contents(bob)).toEqual(['a'])
        expect(await store.stats()).toMatchObject({ letters: 1, bytes: 1, mailboxes: 1 })
        await reopen()
        expect(await contents(ada)).toEqual([])
        expect(await append(letter(ada, 'new'))).toEqual(['stored'])
        const letters = await readAll(ada)
        expect(texts(letters)).toEqual(['new'])
        expect(letters[0]!.sequence).toBeGreaterThan(last)
      })

      test('of a mailbox that is not there does nothing', async () => {
        await open()
        await store.remove(mailbox())
        expect((await store.stats()).mailboxes).toBe(0)
      })
    })

    describe('statistics and closing', () => {
      test('stats count what waits', async () => {
        await open()
        const [ada, bob] = [mailbox(), mailbox()]
        expect(await store.stats()).toEqual({ letters: 0, bytes: 0, mailboxes: 0 })
        await append(letter(ada, '1234'), letter(bob, '12'))
        await append(letter(ada, '1'))
        expect(await store.stats()).toEqual({ letters: 3, bytes: 7, mailboxes: 2 })
        store.acknowledge(bob, 1_000_000_000)
        expect(await store.stats()).toEqual({ letters: 2, bytes: 5, mailboxes: 1 })
        await append(letter(mailbox(), 'x'))
        await reopen()
        expect(await store.stats()).toEqual({ letters: 3, bytes: 6, mailboxes: 2 })
      })

      test('closing writes what waits; then everything is unavailable', async () => {
        await open()
        const ada = mailbox()
        const outcomes = append(letter(ada, 'a'))
        await store.close()
        expect(await outcomes).toEqual(['stored'])
        const refusal = { name: 'MailboxError', reason: 'unavailable' }
        await expect(append(letter(ada, 'b'))).rejects.toMatchObject(refusal)
        await expect(store.read(ada, 0, ALL)).rejects.toMatchObject(refusal)
        await expect(store.cursor(ada)).rejects.toMatchObject(refusal)
        await expect(store.seen(newKey())).rejects.toMatchObject(refusal)
        await expect(store.remove(ada)).rejects.toMatchObject(refusal)
        await expect(store.stats()).rejects.toMatchObject(refusal)
        await reopen()
        expect(await contents(ada)).toEqual(['a'])
      })
    })
  })
}

const plain = ({ sequence, previous, bytes }: StoredLetter) => ({
  sequence,
  previous,
  content: text(bytes),
})

/** Resolves true once it holds; the test's own time limit bounds the wait. */
const waitFor = async (holds: () => boolean | Promise<boolean>): Promise<true> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 1))
  return true
}
