/**
 * Soon after the start and from time to time looks through all mailboxes for letters on the shelf
 * that have expired, or were acknowledged when the last process died.
 */
import type { DeviceId } from '@isthmus/runtime/ids'
import type { Ask } from './ask.ts'

const STEP = 500
const PAUSE_MS = 50
const FIRST_MS = 10_000

export interface Sweeper {
  readonly stop: () => void
}

/** @param found called with each mailbox that has some. */
export const createSweeper = (
  ask: Ask,
  everyMs: number,
  now: () => number,
  found: (id: DeviceId) => void,
): Sweeper => {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const sweepIn = (ms: number, after: number): void => {
    if (!stopped) timer = setTimeout(sweep, ms, after).unref()
  }
  const sweep = (after: number): void => {
    ask(
      'sweep',
      { after, limit: STEP, now: now() },
      ({ ids, next }) => {
        ids.forEach(found)
        sweepIn(next > 0 ? PAUSE_MS : everyMs, next)
      },
      () => sweepIn(everyMs, 0),
    )
  }
  sweepIn(Math.min(everyMs, FIRST_MS), 0)
  return {
    stop: () => {
      stopped = true
      clearTimeout(timer)
    },
  }
}
