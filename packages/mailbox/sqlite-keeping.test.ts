/** What the store does in the background, as the file shows it. */
import { afterEach, expect, test } from '@jest/globals'
import { type DeviceId, randomId } from '@isthmus/runtime/ids'
import type { AppendRequest, Mailboxes } from './port.ts'
import type { SqliteMailboxOptions } from './sqlite/options.ts'
import { openSqliteFixture, type SqliteFixture } from './testing/sqlite-fixture.ts'
import { readAll } from './testing/witness.ts'

const ADA = randomId() as DeviceId
const HOUR_MS = 3_600_000
const EVERYTHING = 1_000_000_000

let fixture: SqliteFixture
let store: Mailboxes
let time = Date.UTC(2030, 0, 1)

const open = async (options: Partial<SqliteMailboxOptions>): Promise<void> => {
  fixture = await openSqliteFixture({ now: () => time, ...options })
  store = fixture.mailboxes
}
afterEach(() => fixture.end())

const submission = (content: string, to: DeviceId = ADA, ttl = HOUR_MS): AppendRequest => ({
  key: Buffer.from(`${randomId()}==`, 'base64url'),
  letters: [{ mailbox: to, bytes: Buffer.from(content), expiresAt: time + ttl }],
})
const count = async (table: string): Promise<number> =>
  Number((await fixture.all(`SELECT count(*) AS rows FROM ${table}`))[0]?.['rows'])
/** The test's time limit bounds the wait. */
const until = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 1))
}
const append = async (total: number, size: number): Promise<AppendRequest[]> => {
  const requests = Array.from({ length: total }, (_, i) => submission(`${i}`.padEnd(size)))
  for (let at = 0; at < total; at += 50) await store.append(requests.slice(at, at + 50))
  return requests
}

test('acknowledged letters leave the journal without ever being on the shelf', async () => {
  await open({ trimBytes: 10_000 })
  store.follow(ADA, ({ sequence }) => store.acknowledge(ADA, sequence))
  await append(2_000, 300)
  // 2,000 letters were 40 rows; what is not worth a slice yet may stay.
  expect(await count('mailbox_journal')).toBeLessThan(8)
  expect(await count('mailbox_shelf')).toBe(0)
  expect((await fixture.all('SELECT head FROM mailboxes'))[0]?.['head']).toBeGreaterThan(1_500)
})

test('letters that stay move to the shelf, the journal goes, and the counts agree', async () => {
  await open({ settleAfterMs: 1 })
  await append(500, 300)
  await until(async () => (await count('mailbox_journal')) === 0)
  expect(await count('mailbox_shelf')).toBe(500)
  const totals = { letters: 500, bytes: 150_000 }
  expect(await fixture.all('SELECT letters, bytes FROM mailboxes')).toEqual([totals])
  expect(await fixture.all('SELECT * FROM mailbox_totals')).toEqual([{ ...totals, mailboxes: 1 }])
  expect(await store.stats()).toEqual({ ...totals, mailboxes: 1 })
})

test('acknowledged letters leave the shelf, and the counts agree', async () => {
  await open({ settleAfterMs: 1 })
  await append(700, 10)
  await until(async () => (await count('mailbox_journal')) === 0)
  store.acknowledge(ADA, 600)
  await until(async () => (await count('mailbox_shelf')) === 100)
  const totals = { letters: 100, bytes: 1_000 }
  expect(await fixture.all('SELECT letters, bytes FROM mailboxes')).toEqual([totals])
  expect(await store.stats()).toEqual({ ...totals, mailboxes: 1 })
  await store.remove(ADA)
  await until(async () => (await count('mailbox_shelf')) === 0)
  expect(await store.stats()).toEqual({ letters: 0, bytes: 0, mailboxes: 0 })
})

test('what was acknowledged before a crash leaves the shelf after it', async () => {
  await open({ settleAfterMs: 1, sweepMs: 100 })
  await append(300, 10)
  await until(async () => (await count('mailbox_journal')) === 0)
  store.acknowledge(ADA, 200)
  await store.append([submission('carries the acknowledgement')])
  expect(await count('mailbox_shelf')).toBeGreaterThanOrEqual(300)
  store = await fixture.reopen()
  await until(async () => (await count('mailbox_shelf')) === 101)
  expect(await readAll(store, ADA)).toHaveLength(101)
})

test('expired letters leave the shelf by themselves', async () => {
  await open({ settleAfterMs: 1, sweepMs: 5, residents: 0 })
  const others = Array.from({ length: 600 }, () => randomId() as DeviceId)
  await store.append(others.map((other) => submission('short', other, 1_000)))
  await store.append([submission('short', ADA, 1_000), submission('long', ADA)])
  await until(async () => (await count('mailbox_journal')) === 0)
  expect(await count('mailbox_shelf')).toBe(602)
  time += 1_000
  await until(async () => (await count('mailbox_shelf')) === 1)
  expect(await store.stats()).toEqual({ letters: 1, bytes: 4, mailboxes: 1 })
  expect(await readAll(store, ADA)).toHaveLength(1)
})

test('letters that expire before they settle never reach the shelf', async () => {
  await open({ settleAfterMs: 1 })
  await store.append([submission('short', ADA, 0)])
  await until(async () => (await count('mailbox_journal')) === 0)
  expect(await count('mailbox_shelf')).toBe(0)
  expect(await store.stats()).toEqual({ letters: 0, bytes: 0, mailboxes: 0 })
})

test('keys are kept in runs, and forgotten when their time is over', async () => {
  await open({ settleAfterMs: 0, rememberMs: HOUR_MS })
  const early = submission('early')
  await store.append([early])
  await until(async () => (await count('mailbox_keys')) === 1)
  time += HOUR_MS / 2
  const late = submission('late')
  await store.append([late])
  await until(async () => (await count('mailbox_keys')) === 2)
  time += HOUR_MS / 2 + 1
  await store.append([submission('later')])
  // The first run is gone and the third has come.
  await until(async () => (await fixture.all('SELECT first FROM mailbox_keys'))[0]?.['first'] === 1)
  expect(await store.seen(early.key)).toBe(false)
  expect(await store.seen(late.key)).toBe(true)
  store = await fixture.reopen()
  expect(await store.seen(early.key)).toBe(false)
  expect(await store.append([late])).toEqual(['repeated'])
})

test('no more keys are kept than allowed: the newest', async () => {
  await open({ settleAfterMs: 0, maxKeys: 100 })
  const requests = await append(1_000, 10)
  await until(async () => (await count('mailbox_journal')) === 0)
  const newest = requests.slice(-100)
  const check = async () => {
    expect(await store.seen(requests[0]!.key)).toBe(false)
    for (const { key } of newest) expect(await store.seen(key)).toBe(true)
  }
  await check()
  const [row] = await fixture.all('SELECT sum(length(keys)) / 16 AS keys FROM mailbox_keys')
  expect(row?.['keys']).toBeLessThan(300)
  store = await fixture.reopen()
  await check()
})

test('an adapter that forgets mailboxes finds their counters again', async () => {
  await open({ settleAfterMs: 0, residents: 0, quota: { letters: 3, bytes: 1_000 } })
  const boxes = Array.from({ length: 50 }, () => randomId() as DeviceId)
  for (let round = 1; round <= 3; round++) {
    await store.append(boxes.map((box) => submission(`${round}`, box)))
    await until(async () => (await count('mailbox_journal')) === 0)
  }
  const outcomes = await store.append(boxes.map((box) => submission('4', box)))
  expect(new Set(outcomes)).toEqual(new Set(['full']))
  for (const box of boxes) {
    expect((await readAll(store, box)).map(({ sequence }) => sequence)).toEqual([1, 2, 3])
    store.acknowledge(box, EVERYTHING)
  }
  await store.append(boxes.map((box) => submission('5', box)))
  for (const box of boxes) {
    expect((await readAll(store, box)).map(({ sequence }) => sequence)).toEqual([4])
  }
})

test('a letter that stays does not keep alive the larger buffer that it came in', async () => {
  await open({ settleAfterMs: 5_000 })
  const large = new Uint8Array(100_000)
  const bytes = large.subarray(10, 20)
  await store.append([
    { ...submission(''), letters: [{ mailbox: ADA, bytes, expiresAt: time + 1 }] },
  ])
  const held = async () => (await readAll(store, ADA))[0]!.bytes.buffer.byteLength
  expect(await held()).toBe(100_000)
  await until(async () => (await held()) === 10)
  expect(await count('mailbox_shelf')).toBe(0)
})
