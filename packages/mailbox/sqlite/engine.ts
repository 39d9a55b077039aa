/** Finds what the last process left, and puts the adapter's parts together around it. */
import type { SqliteThread } from '@isthmus/sqlite/thread'
import { MailboxError } from '../port.ts'
import { type Admit, createAdmit } from './admit.ts'
import { type Ask, createAsk } from './ask.ts'
import type { Box } from './box.ts'
import { type Committer, createCommitter } from './committer.ts'
import { createHeld, type Held } from './held.ts'
import { createKeeper, type Keeper } from './keeper.ts'
import { createMarks, type Marks } from './marks.ts'
import type { KeyMemory } from './key-memory.ts'
import type { SqliteMailboxOptions } from './options.ts'
import { createReclaimer, type Reclaimer } from './reclaimer.ts'
import { recordWriter } from './records.ts'
import { createRegistry, type Registry } from './registry.ts'
import { replay, restoreKeys, rowsOf, start } from './replay.ts'
import { createShelf, type Shelf } from './shelf.ts'

const FIRST_BUFFER = 65_536
/** What a held letter takes besides its bytes. */
const LETTER_OVERHEAD = 200

export interface Engine {
  readonly ask: Ask
  readonly registry: Registry
  readonly held: Held
  readonly shelf: Shelf
  readonly keys: KeyMemory
  readonly marks: Marks
  readonly admit: Admit
  readonly committer: Committer
  readonly keeper: Keeper
  readonly reclaimer: Reclaimer
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

const recover = async (ask: Ask, { rememberMs, maxKeys }: SqliteMailboxOptions) => {
  const found = await start(ask)
  // The thread reads the mailboxes while this one indexes the keys.
  const [rows, remembered] = await Promise.all([
    rowsOf(ask, found.journal),
    Promise.resolve().then(() => restoreKeys(found, rememberMs, maxKeys)),
  ])
  return { found, rows, ...remembered }
}

export const openEngine = async (
  thread: SqliteThread,
  options: SqliteMailboxOptions,
): Promise<Engine> => {
  const { now, quota, settleAfterMs, trimBytes } = options
  await thread.load('mailbox', new URL('./thread/module.ts', import.meta.url)).catch((cause) => {
    throw new MailboxError(`can't be opened: ${cause.message}`, { cause })
  })
  const ask = createAsk(thread)
  const { found, rows, keys, memory } = await recover(ask, options)

  const held = createHeld()
  const shelf = createShelf(found.totals)
  const pool = bufferPool()
  const writer = recordWriter(pool.supply)
  const crowded = (): boolean =>
    held.bytes() + held.letters() * LETTER_OVERHEAD > options.maxHeldBytes
  // The parts call each other; by the time that they do, all are there.
  const wake = (): void => committer.wake()
  const fail = (error: Error): void => committer.fail(error)
  const clean = (box: Box): void => {
    if (box.litter) reclaimer.add(box)
  }
  const reclaimer = createReclaimer({
    ask,
    now,
    unshelved: (box, answer) => {
      shelf.removed(box, answer)
      wake()
    },
    failed: fail,
  })
  const registry = createRegistry(ask, options.residents, clean)
  const { groups, lastNumber } = replay(found.journal, rows, registry, held, keys, memory)
  for (const box of registry.values()) clean(box)

  const keeperDeps = {
    ...{ ask, held, keys, memory, now, settleAfterMs, trimBytes, crowded },
    shelved: (box: Box, sequence: number, size: number, expiresAt: number): void => {
      shelf.added(box, sequence, size, expiresAt)
      clean(box)
    },
    settled: (group: number): void => {
      registry.tidy(group)
      wake()
    },
    failed: (error: Error): void => {
      if (crowded()) fail(error)
    },
  }
  const firstGroup = (groups.at(-1)?.id ?? 0) + 1
  const keeper = createKeeper(keeperDeps, groups)
  const marks = createMarks(writer, wake)
  const committer: Committer = createCommitter({
    ...{ ask, writer, marks, registry, held, keys, now, firstGroup, crowded },
    recycle: pool.recycle,
    committed: (group) => {
      memory.note(group.endKey, group.time)
      keeper.add(group)
    },
  })
  let nextNumber = Math.max(found.lastNumber, lastNumber) + 1
  const admit = createAdmit({
    ...{ registry, keys, held, writer, quota, now },
    nextNumber: () => nextNumber++,
    reclaim: reclaimer.urge,
  })
  return { ask, registry, held, shelf, keys, marks, admit, committer, keeper, reclaimer }
}
