/**
 * What a letter costs in the embedded mailbox, by batch size:
 * - plain row: the floor, one row a letter in a table of its own, and nothing else;
 * - followed: appended, announced, acknowledged and deleted;
 * - away: appended to one of many mailboxes whose devices are away, and put on the shelf.
 *
 * `node packages/mailbox/sqlite.bench.ts [seconds] [size...]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DeviceId, randomId } from '@isthmus/runtime/ids'
import { openSqliteThread } from '@isthmus/sqlite/open'
import type { SqliteThread } from '@isthmus/sqlite/thread'
import type { AppendRequest } from './port.ts'
import { openSqliteMailboxes } from './sqlite.ts'
import type { NaiveLetter } from './testing/naive.ts'

const [seconds = '2', ...sizes] = process.argv.slice(2)
const MILLISECONDS = Number(seconds) * 1_000
const SIZES = sizes.length > 0 ? sizes.map(Number) : [1, 8, 64, 512]
const LETTER_BYTES = 350
const FOLLOWED = 200
const AWAY = 20_000
const NO_QUOTA = { letters: 1e9, bytes: 1e12 }
const YEAR_MS = 31_536_000_000

interface Figures {
  readonly letters: number
  readonly seconds: number
  readonly cpuMicros: number
  readonly worstMs: number
}

type SendBatch = (size: number) => Promise<void>

const measure = async (send: SendBatch, size: number): Promise<Figures> => {
  const warmUntil = performance.now() + MILLISECONDS / 4
  while (performance.now() < warmUntil) await send(size)
  const cpu = process.cpuUsage()
  const from = performance.now()
  let letters = 0
  let worstMs = 0
  for (let now = from; now - from < MILLISECONDS;) {
    await send(size)
    letters += size
    const then = performance.now()
    worstMs = Math.max(worstMs, then - now)
    now = then
  }
  const { user, system } = process.cpuUsage(cpu)
  return {
    letters,
    seconds: (performance.now() - from) / 1_000,
    cpuMicros: user + system,
    worstMs,
  }
}

const print = (name: string, size: number, { letters, seconds, cpuMicros, worstMs }: Figures) => {
  const cells = [
    name.padEnd(9),
    String(size).padStart(6),
    Math.round(letters / seconds)
      .toLocaleString('en')
      .padStart(10),
    (cpuMicros / letters).toFixed(2).padStart(10),
    ((seconds * 1e6 * size) / letters).toFixed(0).padStart(10),
    worstMs.toFixed(1).padStart(9),
  ]
  console.log(cells.join(' | '))
}

const withThread = async (use: (thread: SqliteThread) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-bench-'))
  const thread = await openSqliteThread(join(folder, 'bench.db'))
  try {
    await use(thread)
  } finally {
    await thread.close()
    rmSync(folder, { recursive: true })
  }
}

/** Each its own buffer, as letters from sockets are: a clone would copy a shared one only once. */
const contents = Array.from({ length: 1_024 }, (_, i) => new Uint8Array(LETTER_BYTES).fill(i))
/** 16 bytes that look like a hash's. */
const keyOf = (number: number): Uint8Array => {
  const key = Buffer.allocUnsafe(16)
  for (let i = 0; i < 4; i++) key.writeInt32LE(Math.imul(number + i, 0x9e3779b1), i * 4)
  return key
}

const mailboxes = Array.from({ length: AWAY }, () => randomId() as DeviceId)
const expiresAt = Date.now() + YEAR_MS

const batchOf = (count: number, first: number, boxes: number): AppendRequest[] =>
  Array.from({ length: count }, (_, i) => {
    const number = first + i
    const mailbox = mailboxes[number % boxes]!
    const bytes = contents[number % contents.length]!
    return { key: keyOf(number), letters: [{ mailbox, bytes, expiresAt }] }
  })

const benchFollowed = (size: number): Promise<void> =>
  withThread(async (thread) => {
    const store = await openSqliteMailboxes(thread)
    let told = 0
    for (const mailbox of mailboxes.slice(0, FOLLOWED)) {
      store.follow(mailbox, ({ sequence }) => {
        told++
        store.acknowledge(mailbox, sequence)
      })
    }
    let sent = 0
    const send: SendBatch = async (count) => {
      await store.append(batchOf(count, sent, FOLLOWED))
      sent += count
    }
    print('followed', size, await measure(send, size))
    await store.close()
    if (told !== sent) throw new Error(`${sent} letters sent, ${told} told`)
  })

const benchAway = (size: number): Promise<void> =>
  withThread(async (thread) => {
    // Little memory, so that the shelf is at work all the time.
    const options = { settleAfterMs: 50, maxHeldBytes: 1_048_576, quota: NO_QUOTA }
    const store = await openSqliteMailboxes(thread, options)
    let sent = 0
    const send: SendBatch = async (count) => {
      await store.append(batchOf(count, sent, AWAY))
      // Far apart, so that letters for one mailbox do not come together.
      sent += count * 7_919
    }
    print('away', size, await measure(send, size))
    await store.close()
  })

const benchNaive = (size: number): Promise<void> =>
  withThread(async (thread) => {
    await thread.load('naive', new URL('./testing/naive.ts', import.meta.url))
    let sent = 0
    const send: SendBatch = async (count) => {
      const letters: NaiveLetter[] = []
      for (let i = 0; i < count; i++, sent++) {
        letters.push({ mailbox: mailboxes[sent % FOLLOWED]!, bytes: contents[sent % 1_024]! })
      }
      await thread.call('naive', 'append', letters)
    }
    print('plain row', size, await measure(send, size))
  })

console.log(
  `${LETTER_BYTES}-byte letters to ${FOLLOWED} followed mailboxes or ${AWAY} whose devices`,
)
console.log('are away; one batch in flight')
console.log('store     |  batch |  letters/s | CPU µs/letter | batch µs | worst ms')
for (const size of SIZES) {
  await benchNaive(size)
  await benchFollowed(size)
  await benchAway(size)
}
