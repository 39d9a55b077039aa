/** How long keys are remembered: for a time at least, but never more than so many of the newest. */
import type { KeyMemory } from './key-memory.ts'

/** Forgetting goes by bounded steps. */
const STEP = 4_096
/** The time is kept for runs of keys: at most about so many runs. */
const RUNS = 1_024

export interface Memory {
  /** Keys up to a position were stored by a time. */
  readonly note: (end: number, at: number) => void
  /** Forgets some of what needs to be remembered no longer. */
  readonly forget: (now: number) => void
}

export const createMemory = (keys: KeyMemory, rememberMs: number, maxKeys: number): Memory => {
  /** In order; each key is remembered by the time of the newest in its run. */
  const runs: { end: number; at: number; readonly since: number }[] = []
  return {
    note: (end, at) => {
      const newest = runs.at(-1)
      if (newest && at - newest.since < rememberMs / RUNS) {
        newest.end = end
        newest.at = Math.max(at, newest.at)
      } else {
        runs.push({ end, at, since: at })
      }
    },
    forget: (now) => {
      let until = keys.end() - maxKeys
      for (let run = runs[0]; run && run.at + rememberMs < now; run = runs[0]) {
        until = Math.max(until, run.end)
        if (run.end > keys.start() + STEP) break
        runs.shift()
      }
      keys.forget(Math.min(until, keys.start() + STEP))
    },
  }
}
