/** Has acknowledged and expired letters deleted from the shelf, a bounded number at a time. */
import type { Ask } from './ask.ts'
import type { Box } from './box.ts'
import type { ReclaimAnswer } from './calls.ts'

const STEP = 256
/** What is in no hurry waits so long, for the acknowledgements that follow. */
const DELAY_MS = 100

export interface Reclaimer {
  /** By and by. */
  readonly add: (box: Box) => void
  /** At once. */
  readonly urge: (box: Box) => void
  /** Resolves when nothing is left to do, or something failed. */
  readonly done: () => Promise<void>
  readonly stop: () => void
}

export interface ReclaimerDeps {
  readonly ask: Ask
  readonly now: () => number
  /** Letters left a mailbox's shelf. */
  readonly unshelved: (box: Box, answer: ReclaimAnswer) => void
  readonly failed: (error: Error) => void
}

export const createReclaimer = (deps: ReclaimerDeps): Reclaimer => {
  let queue: Box[] = []
  let busy = false
  const watchers: (() => void)[] = []
  let timer: NodeJS.Timeout | undefined

  const rest = (): void => {
    busy = false
    for (const resolve of watchers.splice(0)) resolve()
  }
  const work = (): void => {
    const box = queue.shift()
    if (!box) {
      rest()
      return
    }
    busy = true
    const { number, cursor } = box
    deps.ask(
      'reclaim',
      { number, cursor, now: deps.now(), limit: STEP },
      (answer) => {
        box.reclaiming = false
        deps.unshelved(box, answer)
        box.litter = (answer.more || box.cursor > cursor) && box.shelfLetters > 0
        if (box.litter) push(box)
        work()
      },
      (error) => {
        box.reclaiming = false
        rest()
        deps.failed(error)
      },
    )
  }
  const push = (box: Box): void => {
    if (box.reclaiming) return
    box.reclaiming = true
    queue.push(box)
  }
  const workNow = (): void => {
    if (!busy) work()
  }
  return {
    add: (box) => {
      push(box)
      timer ??= setTimeout(() => {
        timer = undefined
        workNow()
      }, DELAY_MS).unref()
    },
    urge: (box) => {
      push(box)
      workNow()
    },
    done: () =>
      new Promise((resolve) => {
        watchers.push(resolve)
        workNow()
      }),
    stop: () => {
      clearTimeout(timer)
      queue = []
    },
  }
}
