/**
 * A process that keeps the mailboxes of a file under load until it is killed, and says on standard
 * output, before or after each step as the promise has it, what it has done. Its lines:
 *
 * - `submit KEY BOX,BOX CONTENT` before a submission is appended
 * - `accepted KEY` after its promise said `stored`
 * - `told BOX SEQUENCE CONTENT` when a follower is told, or a page read
 * - `acknowledge BOX SEQUENCE` before a cursor is moved
 */
import { randomBytes, randomInt } from 'node:crypto'
import { writeSync } from 'node:fs'
import type { DeviceId } from '@isthmus/runtime/ids'
import { openSqliteThread } from '@isthmus/sqlite/open'
import type { AppendRequest, StoredLetter } from '../port.ts'
import { openSqliteMailboxes } from '../sqlite.ts'

const [path = '', round = '', boxList = ''] = process.argv.slice(2)
const boxes = boxList.split(',') as DeviceId[]
const WRITERS = 8
const MAX_BATCH = 20
const HOUR_MS = 3_600_000

/** Standard output is a file. Synchronously: what was said counts even if the next instruction is the last. */
const say = (lines: readonly string[]): void => {
  if (lines.length > 0) writeSync(1, `${lines.join('\n')}\n`)
}

const thread = await openSqliteThread(path)
const store = await openSqliteMailboxes(thread, {
  // Some rounds settle as fast as they can, others hardly ever.
  settleAfterMs: [0, 20, 200, 3_000][randomInt(4)]!,
  trimBytes: [0, 20_000, 1_000_000][randomInt(3)]!,
  residents: [0, 1_000][randomInt(2)]!,
})

const tell = (box: DeviceId, { sequence, bytes }: StoredLetter): void =>
  say([`told ${box} ${sequence} ${Buffer.from(bytes).toString().trimEnd()}`])

const acknowledge = (box: DeviceId, sequence: number): void => {
  say([`acknowledge ${box} ${sequence}`])
  store.acknowledge(box, sequence)
}

const catchUp = async (box: DeviceId): Promise<void> => {
  const { letters } = await store.read(box, 0, { letters: randomInt(1, 200), bytes: 1_000_000 })
  letters.forEach((letter) => tell(box, letter))
  const last = letters.at(-1)
  if (last) acknowledge(box, last.sequence)
}

// The others are away and catch up from time to time.
for (const box of boxes.slice(0, boxes.length / 2)) {
  store.follow(box, (letter) => {
    tell(box, letter)
    if (randomInt(10) < 3) acknowledge(box, letter.sequence - randomInt(3))
  })
}

let count = 0
const submission = (): { request: AppendRequest; line: string } => {
  const key = randomBytes(16)
  // The last are written to seldom.
  const first = randomInt(randomInt(1, boxes.length))
  const to = boxes.slice(first, first + randomInt(1, 4))
  const content = `${round}.${String(count++).padStart(8, '0')}`
  const bytes = Buffer.from(content.padEnd(randomInt(20, 1_500)))
  const letters = to.map((mailbox) => ({ mailbox, bytes, expiresAt: Date.now() + HOUR_MS }))
  return {
    request: { key, letters },
    line: `submit ${key.toString('hex')} ${to.join()} ${content}`,
  }
}

const write = async (): Promise<never> => {
  for (;;) {
    const batch = Array.from({ length: randomInt(1, MAX_BATCH) }, submission)
    say(batch.map(({ line }) => line))
    const outcomes = await store.append(batch.map(({ request }) => request))
    const stored = batch.filter((_, i) => outcomes[i] === 'stored')
    say(stored.map(({ request }) => `accepted ${Buffer.from(request.key).toString('hex')}`))
    if (randomInt(20) === 0) await catchUp(boxes[randomInt(boxes.length)]!)
  }
}

await Promise.all(Array.from({ length: WRITERS }, write))
