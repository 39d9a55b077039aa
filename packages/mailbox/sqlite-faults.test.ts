/** What happens when the disk, or the thread, does not do what it should. */
import { afterEach, expect, test } from '@jest/globals'
import { type DeviceId, randomId } from '@isthmus/runtime/ids'
import type { SqliteThread } from '@isthmus/sqlite/thread'
import type { AppendRequest, Mailboxes } from './port.ts'
import type { SqliteMailboxOptions } from './sqlite/options.ts'
import { openSqliteFixture, type SqliteFixture, type Wrap } from './testing/sqlite-fixture.ts'
import { readAll } from './testing/witness.ts'

const ADA = randomId() as DeviceId
const BOB = randomId() as DeviceId
const REFUSAL = { name: 'MailboxError', reason: 'unavailable' }

let fixture: SqliteFixture
let store: Mailboxes

const open = async (options: Partial<SqliteMailboxOptions>, wrap?: Wrap): Promise<void> => {
  fixture = await openSqliteFixture(options, wrap)
  store = fixture.mailboxes
}
afterEach(() => fixture.end())

const submission = (content: string, ...to: DeviceId[]): AppendRequest => ({
  key: Buffer.from(`${randomId()}==`, 'base64url'),
  letters: to.map((mailbox) => ({
    mailbox,
    bytes: Buffer.from(content),
    expiresAt: Date.now() + 3_600_000,
  })),
})
const contents = async (box: DeviceId): Promise<string[]> =>
  (await readAll(store, box)).map(({ bytes }) => Buffer.from(bytes).toString())
const sequences = async (box: DeviceId): Promise<number[]> =>
  (await readAll(store, box)).map(({ sequence }) => sequence)

/** Lets calls of one operation through or not. */
const gate = (operation: string) => {
  const state = { open: true, refused: 0 }
  const wrap: Wrap = (thread) => ({
    ...thread,
    call: <T>(...call: Parameters<SqliteThread['call']>): Promise<T> => {
      if (state.open || call[1] !== operation) return thread.call<T>(...call)
      state.refused++
      return Promise.reject<T>(new Error('disk on fire'))
    },
  })
  return { state, wrap }
}

test('a failed commit stores nothing, and the same keys may come again', async () => {
  const { state, wrap } = gate('commit')
  await open({}, wrap)
  const told: string[] = []
  store.follow(ADA, ({ bytes }) => told.push(Buffer.from(bytes).toString()))
  await store.append([submission('before', ADA)])
  const [first, second] = [submission('first', ADA, BOB), submission('second', ADA)]

  state.open = false
  const failing = [store.append([first]), store.append([second, first])]
  for (const outcome of failing) await expect(outcome).rejects.toMatchObject(REFUSAL)
  expect(await store.seen(first.key)).toBe(false)

  state.open = true
  expect(await store.append([first])).toEqual(['stored'])
  expect(await store.append([second, first])).toEqual(['stored', 'repeated'])
  expect(await contents(ADA)).toEqual(['before', 'first', 'second'])
  expect(await sequences(ADA)).toEqual([1, 2, 3])
  expect(await sequences(BOB)).toEqual([1])
  await store.append([submission('after', ADA)])
  expect(told).toEqual(['before', 'first', 'second', 'after'])
  store = await fixture.reopen()
  expect(await contents(ADA)).toEqual(['before', 'first', 'second', 'after'])
  expect(await contents(BOB)).toEqual(['first'])
})

test('what is not durable yet is not read, not told and not acknowledged', async () => {
  let commits = 0
  let letGo = (): void => undefined
  // The second commit waits to be let go.
  await open({}, (thread) => ({
    ...thread,
    call: async <T>(...call: Parameters<SqliteThread['call']>): Promise<T> => {
      if (call[1] === 'commit' && ++commits === 2) {
        await new Promise<void>((resolve) => {
          letGo = resolve
        })
      }
      return thread.call<T>(...call)
    },
  }))
  await store.append([submission('durable', ADA)])
  const told: string[] = []
  store.follow(ADA, ({ bytes }) => told.push(Buffer.from(bytes).toString()))
  const appending = store.append([submission('on its way', ADA)])
  while (commits < 2) await new Promise(setImmediate)
  expect(await contents(ADA)).toEqual(['durable'])
  store.acknowledge(ADA, 2)
  expect(await store.cursor(ADA)).toBe(1)
  expect(told).toEqual([])
  letGo()
  await appending
  expect(await contents(ADA)).toEqual(['on its way'])
  expect(told).toEqual(['on its way'])
})

test('a submission batch that was split is refused whole when its second part fails', async () => {
  let commits = 0
  await open({}, (thread) => ({
    ...thread,
    call: <T>(...call: Parameters<SqliteThread['call']>): Promise<T> =>
      call[1] === 'commit' && ++commits === 2
        ? Promise.reject<T>(new Error('disk on fire'))
        : thread.call<T>(...call),
  }))
  const large = Array.from({ length: 40 }, () => submission('x'.repeat(60_000), ADA))
  await expect(store.append(large)).rejects.toMatchObject(REFUSAL)
  expect(commits).toBe(2)
  const outcomes = await store.append(large)
  expect(new Set(outcomes)).toEqual(new Set(['stored', 'repeated']))
  expect(await sequences(ADA)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
})

test('an acknowledgement or removal whose commit failed is written later', async () => {
  const { state, wrap } = gate('commit')
  await open({}, wrap)
  await store.append([submission('a', ADA), submission('a', BOB)])
  state.open = false
  store.acknowledge(ADA, 1)
  await expect(store.remove(BOB)).rejects.toMatchObject(REFUSAL)
  expect(state.refused).toBe(1)
  state.open = true
  await store.append([submission('b', ADA, BOB)])
  store = await fixture.reopen()
  expect([await store.cursor(ADA), await contents(ADA)]).toEqual([1, ['b']])
  expect([await store.cursor(BOB), await contents(BOB)]).toEqual([1, ['b']])
})

test('a mailbox that was new in a failed group is new again', async () => {
  const { state, wrap } = gate('commit')
  await open({}, wrap)
  state.open = false
  await expect(store.append([submission('lost', ADA)])).rejects.toMatchObject(REFUSAL)
  state.open = true
  await store.append([submission('kept', ADA)])
  store = await fixture.reopen()
  expect(await contents(ADA)).toEqual(['kept'])
})

test('a full disk refuses, and when there is room again all goes on', async () => {
  await open({ settleAfterMs: 0 })
  await store.append([submission('small', ADA)])
  const [row] = await fixture.all('PRAGMA page_count')
  await fixture.all(`PRAGMA max_page_count = ${Number(row?.['page_count']) + 10}`)
  const large = submission('x'.repeat(200_000), ADA)
  await expect(store.append([large])).rejects.toMatchObject(REFUSAL)
  await fixture.all('PRAGMA max_page_count = 1000000')
  expect(await store.append([large])).toEqual(['stored'])
  expect((await contents(ADA)).map(({ length }) => length)).toEqual([5, 200_000])
  store = await fixture.reopen()
  expect((await contents(ADA)).map(({ length }) => length)).toEqual([5, 200_000])
})

test('a journal row that was settled in part is not settled twice', async () => {
  let slices = 0
  // The second slice never gets there, as if the process had died before it.
  const wrap: Wrap = (thread) => ({
    ...thread,
    call: <T>(...call: Parameters<SqliteThread['call']>): Promise<T> =>
      call[1] === 'settle' && ++slices > 1
        ? Promise.withResolvers<T>().promise
        : thread.call<T>(...call),
  })
  await open({ settleAfterMs: 0 }, wrap)
  const batch = Array.from({ length: 300 }, (_, i) => submission(`${i}`, i % 3 ? ADA : BOB))
  await store.append(batch)
  while (slices < 2) await new Promise(setImmediate)
  const [shelf] = await fixture.all('SELECT count(*) AS letters FROM mailbox_shelf')
  expect(shelf?.['letters']).toBeGreaterThan(0)
  expect(shelf?.['letters']).toBeLessThan(300)
  const both = [await contents(ADA), await contents(BOB)]
  store = await fixture.reopen()
  expect([await contents(ADA), await contents(BOB)]).toEqual(both)
  expect(await sequences(ADA)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
  expect((await store.stats()).letters).toBe(300)
})

test('a slice that fails is tried again', async () => {
  const { state, wrap } = gate('settle')
  await open({ settleAfterMs: 5 }, wrap)
  state.open = false
  await store.append([submission('a', ADA)])
  while (state.refused < 2) await new Promise(setImmediate)
  state.open = true
  const journal = async () =>
    (await fixture.all('SELECT count(*) AS rows FROM mailbox_journal'))[0]?.['rows']
  while ((await journal()) !== 0) await new Promise(setImmediate)
  expect(await contents(ADA)).toEqual(['a'])
})

test('letters that leave the shelf take with them the cursor that let them go', async () => {
  const { state, wrap } = gate('commit')
  await open({ settleAfterMs: 1 }, wrap)
  for (const content of ['a', 'b', 'c', 'd', 'e']) await store.append([submission(content, ADA)])
  const rows = async (table: string) =>
    (await fixture.all(`SELECT count(*) AS rows FROM ${table}`))[0]?.['rows']
  while ((await rows('mailbox_journal')) !== 0) await new Promise(setImmediate)
  state.open = false
  store.acknowledge(ADA, 3)
  while ((await rows('mailbox_shelf')) !== 2) await new Promise(setImmediate)
  store = await fixture.reopen()
  expect([await store.cursor(ADA), await contents(ADA)]).toEqual([3, ['d', 'e']])
})

test('when the shelf fails and memory is full, appending is refused instead of waiting', async () => {
  const { state, wrap } = gate('settle')
  await open({ maxHeldBytes: 1_000, settleAfterMs: 5 }, wrap)
  state.open = false
  await store.append([submission('x'.repeat(2_000), ADA)])
  await expect(store.append([submission('y', ADA)])).rejects.toMatchObject(REFUSAL)
  state.open = true
  expect(await store.append([submission('z', ADA)])).toEqual(['stored'])
  expect((await contents(ADA)).map(({ length }) => length)).toEqual([2_000, 1])
})

test('a mailbox that can not be loaded refuses, and can be loaded later', async () => {
  const { state, wrap } = gate('load')
  await open({}, wrap)
  state.open = false
  await expect(store.append([submission('a', ADA)])).rejects.toMatchObject(REFUSAL)
  await expect(store.read(ADA, 0, { letters: 1, bytes: 1 })).rejects.toMatchObject(REFUSAL)
  store.acknowledge(ADA, 1)
  state.open = true
  expect(await store.append([submission('a', ADA)])).toEqual(['stored'])
  expect(await contents(ADA)).toEqual(['a'])
})

test("a wrong key or mailbox is the caller's mistake, and hurts nobody else", async () => {
  await open({})
  const wrong = { ...submission('a', ADA), key: new Uint8Array(15) }
  await expect(store.append([submission('b', ADA), wrong])).rejects.toThrow(RangeError)
  await expect(store.append([submission('c', 'short' as DeviceId)])).rejects.toThrow(RangeError)
  expect(await contents(ADA)).toEqual([])
})
