/** What the port's calls come down to, on mailboxes that are loaded. */
import type { SqliteThread } from '@isthmus/sqlite/thread'
import type { AppendOutcome, AppendRequest, MailboxStats, Page, PageLimit } from '../port.ts'
import type { Box } from './box.ts'
import { openEngine } from './engine.ts'
import type { SqliteMailboxOptions } from './options.ts'
import { readPage } from './read.ts'
import type { Registry } from './registry.ts'
import { createSweeper } from './sweeper.ts'
import { appendWork, promptWork } from './work.ts'

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

export const openStore = async (
  thread: SqliteThread,
  options: SqliteMailboxOptions,
): Promise<Store> => {
  const { now } = options
  const engine = await openEngine(thread, options)
  const { ask, registry, held, shelf, keys, marks, admit, committer, keeper, reclaimer } = engine
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
    // A removed mailbox keeps its row, so that its sequences go on if it is written to again.
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
