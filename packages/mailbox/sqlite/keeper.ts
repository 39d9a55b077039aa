/**
 * Keeps the journal short: slice by slice, its oldest rows are settled (cursors and heads saved,
 * letters that nobody acknowledged put on the shelf) and deleted.
 */
import type { Ask } from './ask.ts'
import type { Box, Group } from './box.ts'
import type { Held } from './held.ts'
import type { KeyMemory } from './key-memory.ts'
import type { Memory } from './remember.ts'
import { cutSlice, settleCall, type Slice } from './slice.ts'

/** Bounds how long the thread is kept from the next group: one to three milliseconds. */
const SLICE = { work: 1_024, bytes: 524_288 }

export interface KeeperDeps {
  readonly ask: Ask
  readonly held: Held
  readonly keys: KeyMemory
  readonly memory: Memory
  readonly now: () => number
  readonly settleAfterMs: number
  /** Acknowledged rows of so many bytes are worth a slice. */
  readonly trimBytes: number
  readonly crowded: () => boolean
  /** A letter came onto its mailbox's shelf. */
  readonly shelved: (box: Box, sequence: number, size: number, expiresAt: number) => void
  /** There is room in memory; what groups up to this one named has its rows. */
  readonly settled: (group: number) => void
  readonly failed: (error: Error) => void
}

export interface Keeper {
  readonly add: (group: Group) => void
  /** Resolves when no slice is on its way. */
  readonly stop: () => Promise<void>
}

/** Letters that stay should not keep the larger buffers alive that they came in. */
const detach = (group: Group): void => {
  group.detached = true
  for (const letter of group.letters) {
    if (!letter.held) continue
    if (letter.bytes.buffer.byteLength > letter.bytes.length * 2)
      letter.bytes = letter.bytes.slice()
  }
}

/** @param groups the journal's rows as they were found, oldest first. */
export const createKeeper = (deps: KeeperDeps, groups: Group[]): Keeper => {
  const { ask, held, keys } = deps
  let bytes = groups.reduce((sum, { size }) => sum + size, 0)
  let slices = 0
  let settledGroup = 0
  let busy = false
  let stopped: (() => void) | undefined
  let timer: NodeJS.Timeout | undefined

  const old = ({ since }: Group): boolean => performance.now() - since >= deps.settleAfterMs
  const ripe = (group: Group): boolean => group.open === 0 || old(group) || deps.crowded()
  const due = (): boolean => {
    const oldest = groups[0]
    if (!oldest || busy || stopped) return false
    return (oldest.open === 0 && bytes >= deps.trimBytes) || old(oldest) || deps.crowded()
  }

  const apply = (slice: Slice): void => {
    for (const { letter, size } of slice.shelvings) {
      deps.shelved(letter.box, letter.sequence, size, letter.expiresAt)
    }
    for (const box of slice.boxes) {
      box.saved = true
      held.dropThrough(box, box.mark)
    }
    const finished = groups.splice(0, slice.groups)
    settledGroup = finished.at(-1)?.id ?? settledGroup
    bytes -= finished.reduce((sum, { size }) => sum + size, 0)
    if (slice.settled > 0 && groups[0]) groups[0].settled = slice.settled
  }
  const send = (): void => {
    busy = true
    deps.memory.forget(deps.now())
    const slice = cutSlice(groups, ++slices, deps.now(), SLICE, ripe)
    const call = settleCall(slice, groups.slice(0, slice.groups), keys)
    const after = (act: () => void): void => {
      busy = false
      act()
      if (stopped) stopped()
      else wait()
    }
    ask(
      'settle',
      call,
      () =>
        after(() => {
          apply(slice)
          deps.settled(settledGroup)
          run()
        }),
      (error) => after(() => deps.failed(error)),
      call.shelve && [call.shelve.buffer],
    )
  }
  const run = (): void => {
    if (due()) send()
  }
  const wait = (): void => {
    if (groups.length === 0 || stopped) return
    timer ??= setTimeout(
      () => {
        timer = undefined
        for (const group of groups) if (!group.detached) detach(group)
        run()
        wait()
      },
      Math.min(deps.settleAfterMs, 1_000),
    ).unref()
  }

  wait()
  return {
    add: (group) => {
      groups.push(group)
      bytes += group.size
      run()
      wait()
    },
    stop: () => {
      clearTimeout(timer)
      const { promise, resolve } = Promise.withResolvers<void>()
      stopped = resolve
      if (!busy) resolve()
      return promise
    },
  }
}
