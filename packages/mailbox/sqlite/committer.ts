/**
 * Group commit: what waits in the queue when the last group is durable becomes the next group, one
 * row of the journal. So there is one group in flight, and groups grow with load.
 */
import type { Ask } from './ask.ts'
import { type Box, createGroup, type Group } from './box.ts'
import type { Held } from './held.ts'
import type { KeyMemory } from './key-memory.ts'
import type { Marks } from './marks.ts'
import type { RecordWriter } from './records.ts'
import type { Registry } from './registry.ts'
import type { Work } from './work.ts'

/** Nothing more joins a group of this size: a row is to be written in a few milliseconds. */
const MAX_GROUP_BYTES = 1_048_576

export interface CommitterDeps {
  readonly ask: Ask
  readonly writer: RecordWriter
  readonly marks: Marks
  readonly registry: Registry
  readonly held: Held
  readonly keys: KeyMemory
  readonly now: () => number
  readonly firstGroup: number
  /** Takes the writer's buffer back. */
  readonly recycle: (buffer: ArrayBuffer) => void
  /** Whether memory is too full for more letters. */
  readonly crowded: () => boolean
  readonly committed: (group: Group) => void
}

export interface Committer {
  readonly add: (work: Work) => void
  /** There is room, a mailbox is loaded, or marks are due: goes on with what waited for it. */
  readonly wake: () => void
  /** Rejects what waits. */
  readonly fail: (error: Error) => void
  /** Keys before this position are durable. */
  readonly durableKeys: () => number
}

/** Tells the followers of a durable group's letters. */
const tellFollowers = (group: Group, now: number): void => {
  for (const { box, sequence, expiresAt, held, bytes } of group.letters) {
    if (!box.tell || !held || !(expiresAt > now)) continue
    try {
      box.tell({ sequence, previous: sequence - 1, bytes })
    } catch (error) {
      // The follower's own mistake, not the store's and not the other followers'.
      queueMicrotask(() => {
        throw error
      })
    }
  }
}

export const createCommitter = (deps: CommitterDeps): Committer => {
  const { ask, writer, marks, registry, held, keys } = deps
  let queue: Work[] = []
  let nextGroup = deps.firstGroup
  let durableKeys = keys.end()
  let inFlight = false
  let scheduled = false

  const fail = (error: Error): void => {
    const failed = queue
    queue = []
    for (const { reject } of failed) reject(error)
  }
  /** Loads at once all that the queue still needs. */
  const loadMissing = (): void => {
    const missing = new Set<Box>()
    for (const work of queue) {
      for (const box of work.boxes()) if (!box.ready) missing.add(box)
    }
    Promise.all([...missing].map(registry.load)).then(schedule, fail)
  }
  /**
   * At the end of this turn of the event loop, so that what comes in together is committed
   * together: under load a turn is long and so is the group, without anything having to wait.
   */
  const schedule = (): void => {
    if (scheduled || inFlight) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      pump()
    })
  }
  const full = (): boolean => writer.length() >= MAX_GROUP_BYTES || deps.crowded()

  /** Moves work from the queue into the group, up to an obstacle or the limit. */
  const gather = (group: Group): Work[] => {
    let done = 0
    let outcome: boolean | Box = true
    while (done < queue.length) {
      outcome = queue[done]!.join(group, full)
      if (outcome !== true) break
      done++
    }
    const gathered = queue.splice(0, done)
    if (typeof outcome === 'object' && !outcome.ready) loadMissing()
    return gathered
  }

  const pump = (): void => {
    if (inFlight || (queue.length === 0 && !marks.due())) return
    const group = createGroup(nextGroup, deps.now(), keys.end())
    writer.group(group.time)
    const blank = writer.length()
    const gathered = gather(group)
    const marked = writer.length() > blank || marks.due() ? marks.write(group) : []
    if (writer.length() > blank) {
      commit(group, gathered, marked)
      return
    }
    // Repetitions and refusals, which are about what is durable already.
    writer.clear()
    for (const { resolve } of gathered) resolve()
  }

  const commit = (group: Group, gathered: readonly Work[], marked: readonly Box[]): void => {
    nextGroup++
    inFlight = true
    group.endKey = keys.end()
    group.size = writer.length()
    const buffer = writer.take()
    const succeeded = (given: ArrayBuffer): void => {
      inFlight = false
      deps.recycle(given)
      durableKeys = group.endKey
      for (const { box, sequence } of group.letters) box.visible = sequence
      deps.committed(group)
      for (const { resolve } of gathered) resolve()
      tellFollowers(group, deps.now())
      schedule()
    }
    const failed = (error: Error): void => {
      inFlight = false
      keys.truncate(group.firstKey)
      for (const box of group.marked) held.undo(box)
      for (const box of group.created) box.number = 0
      marks.again(marked)
      for (const { reject } of gathered) reject(error)
      // Work that was split fails whole.
      if (queue[0]?.begun()) queue.shift()?.reject(error)
      schedule()
    }
    const records = { buffer, length: group.size }
    ask('commit', { id: group.id, records }, succeeded, failed, [buffer])
  }

  return {
    add: (work) => {
      queue.push(work)
      schedule()
    },
    wake: schedule,
    fail,
    durableKeys: () => durableKeys,
  }
}
