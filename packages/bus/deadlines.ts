/**
 * Many things that wait, one timer. Almost none of them reaches its deadline, so adding and
 * removing is a set's work and the timer sleeps until the earliest deadline it has seen.
 */
export interface Expirable {
  /** On the clock of `performance.now()`, milliseconds. */
  readonly deadline: number
}

export interface Deadlines<T extends Expirable> {
  readonly add: (item: T) => void
  /** Whether the item was still waiting. */
  readonly remove: (item: T) => boolean
  /** A copy of what waits now. */
  readonly waiting: () => readonly T[]
}

/** Sweeps are at least this far apart, so an item expires up to this much late, never early. */
const SWEEP_SPACING_MS = 10

/** @param expire called once for each item that is past its deadline; it removes the item. */
export const createDeadlines = <T extends Expirable>(expire: (item: T) => void): Deadlines<T> => {
  const items = new Set<T>()
  let timer: NodeJS.Timeout | undefined
  let wakeAt = Infinity

  const sleepUntil = (deadline: number): void => {
    clearTimeout(timer)
    wakeAt = deadline
    if (deadline === Infinity) return
    timer = setTimeout(sweep, Math.max(deadline - performance.now(), SWEEP_SPACING_MS))
    // What waits here holds no process open by itself.
    timer.unref()
  }

  const sweep = (): void => {
    const now = performance.now()
    let earliest = Infinity
    for (const item of items) {
      if (item.deadline <= now) expire(item)
      else if (item.deadline < earliest) earliest = item.deadline
    }
    sleepUntil(earliest)
  }

  return {
    add: (item) => {
      items.add(item)
      if (item.deadline < wakeAt) sleepUntil(item.deadline)
    },
    remove: (item) => items.delete(item),
    waiting: () => [...items],
  }
}
