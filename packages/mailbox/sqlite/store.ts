/** Puts the adapter's parts together. */
import type { SqliteThread } from '@isthmus/sqlite/thread'
import {
  type AppendOutcome,
  type AppendRequest,
  MailboxError,
  type MailboxStats,
  type Page,
  type PageLimit,
} from '../port.ts'
import type { SqliteMailboxOptions } from '../sqlite.ts'
import { createAdmit } from './admit.ts'
import { createAsk } from './ask.ts'
import type { Box } from './box.ts'
import { type Committer, createCommitter } from './committer.ts'
import { createHeld } from './held.ts'
import { createKeeper } from './keeper.ts'
import { createMarks } from './marks.ts'
import { readPage } from './read.ts'
import { createReclaimer } from './reclaimer.ts'
import { recordWriter } from './records.ts'
import { createRegistry, type Registry } from './registry.ts'
import { replay, restoreKeys, rowsOf, start } from './replay.ts'
import { createShelf } from './shelf.ts'
import { createSweeper } from './sweeper.ts'
import { appendWork, promptWork } from './work.ts'

const FIRST_BUFFER = 65_536
/** What a held letter takes besides its bytes. */
const LETTER_OVERHEAD = 200

export interface Store {
  readonly registry: Registry
  readonly append: (requests: readonly AppendRequest[]) => Promise<readonly AppendOutcome[]>
  /** Whether the key is stored; undefined while that is being decided. */
  readonly isDurable: (key: Uint8Array) => boolean | undefined
  /** Resolves when what was asked for before is durable. */
  readonly flush: () => Promise<void>
  readonly remove: (box: Box) => Promise<void>
  readonly read: (box: Box, after: number, limit: PageLimit) => Promise<Page> | Page
  readonly acknowledge: (box: Box, upTo: number) => void
  readonly stats: () => Promise<MailboxStats>
  readonly close: () => Promise<void>
}

/** Buffers that go to the thread and come back. */
const bufferPool = () => {
  const spare: ArrayBuffer[] = []
  return {
    supply: () => spare.pop() ?? new ArrayBuffer(FIRST_BUFFER),
    recycle: (buffer: ArrayBuffer) => {
      if (spare.length < 2) spare.push(buffer)
    },
  }
}

export const openStore = async (
  thread: SqliteThread,
  options: SqliteMailboxOptions,
): Promise<Store> => {
  const { now, quota } = options
  await thread.load('mailbox', new URL('./thread/module.ts', import.meta.url)).catch((cause) => {
    throw new MailboxError(`can't be opened: ${cause.message}`, { cause })
  })
  const ask = createAsk(thread)
  const found = await start(ask)
  const rows = await rowsOf(ask, found.journal)

  const held = createHeld()
  const shelf = createShelf(found.totals)
  const pool = bufferPool()
  const writer = recordWriter(pool.supply)
  const { keys, memory } = restoreKeys(found, options.rememberMs, options.maxKeys)
  const crowded = (): boolean =>
    held.bytes() + held.letters() * LETTER_OVERHEAD > options.maxHeldBytes
  const pump = (): void => committer.pump()
  const fail = (error: Error): void => committer.fail(error)

  const reclaimer = createReclaimer({
    ask,
    now,
    unshelved: (box, answer) => {
      shelf.removed(box, answer)
      pump()
    },
    failed: fail,
  })
  const clean = (box: Box): void => {
    if (box.litter) reclaimer.add(box)
  }
  const registry = createRegistry(ask, options.residents, clean)
  const { groups, lastNumber } = replay(found.journal, rows, registry, held, keys, memory)
  for (const box of registry.values()) clean(box)

  const marks = createMarks(writer, pump)
  const keeper = createKeeper(
    {
      ask,
      held,
      keys,
      memory,
      now,
      settleAfterMs: options.settleAfterMs,
      trimBytes: options.trimBytes,
      crowded,
      shelved: (box, sequence, size, expiresAt) => {
        shelf.added(box, sequence, size, expiresAt)
        clean(box)
      },
      settled: (group) => {
        registry.tidy(group)
        pump()
      },
      failed: (error) => {
        if (crowded()) fail(error)
      },
    },
    groups,
  )
  const committer: Committer = createCommitter({
    ask,
    writer,
    marks,
    registry,
    held,
    keys,
    now,
    firstGroup: (groups.at(-1)?.id ?? 0) + 1,
    recycle: pool.recycle,
    crowded,
    committed: (group) => {
      memory.note(group.endKey, group.time)
      keeper.add(group)
    },
  })
  let nextNumber = Math.max(found.lastNumber, lastNumber) + 1
  const admit = createAdmit({
    registry,
    keys,
    held,
    writer,
    quota,
    now,
    nextNumber: () => nextNumber++,
    reclaim: reclaimer.urge,
  })
  const sweeper = createSweeper(ask, options.sweepMs, now, (id) => {
    const box = registry.get(id)
    // What can't be loaded now is found again by the next sweep.
    registry.load(box).then(
      () => reclaimer.add(box),
      () => undefined,
    )
  })
  const boxesOf = ({ letters }: AppendRequest): Box[] =>
    letters.map(({ mailbox }) => registry.get(mailbox))

  const moveCursor = (box: Box, to: number): void => {
    box.cursor = to
    held.dropThrough(box, to)
    marks.add(box)
    if (box.shelfLetters === 0) return
    box.litter = true
    reclaimer.add(box)
  }
  const flush = (): Promise<void> => {
    const { work, outcome } = promptWork(undefined, marks.makeDue)
    committer.add(work)
    return outcome
  }
  return {
    registry,
    flush,
    append: (requests) => {
      const { work, outcome } = appendWork(requests, admit, boxesOf)
      committer.add(work)
      return outcome
    },
    isDurable: (key) => {
      const position = keys.find(key)
      if (position < 0) return false
      return position < committer.durableKeys() ? true : undefined
    },
    remove: (box) => {
      const { work, outcome } = promptWork(box, () => {
        if (box.head > box.cursor) moveCursor(box, box.head)
        marks.makeDue()
      })
      committer.add(work)
      return outcome
    },
    read: (box, after, limit) => readPage(ask, box, after, limit, now()),
    acknowledge: (box, upTo) => {
      const to = Math.min(Math.floor(upTo), box.visible)
      if (to > box.cursor) moveCursor(box, to)
    },
    stats: async () => {
      await reclaimer.done()
      const { letters, bytes, mailboxes } = shelf.totals()
      let holding = 0
      for (const box of registry.values()) {
        if (box.letters > 0 && box.shelfLetters === 0) holding++
      }
      return {
        letters: letters + held.letters(),
        bytes: bytes + held.bytes(),
        mailboxes: mailboxes + holding,
      }
    },
    close: async () => {
      try {
        await flush()
      } finally {
        sweeper.stop()
        marks.stop()
        reclaimer.stop()
        await keeper.stop()
      }
    },
  }
}
