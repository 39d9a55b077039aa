/**
 * Ordered shutdown: what was started last stops first, each within a time limit, once.
 */
import type { Logger } from './logger.ts'

export interface Lifecycle {
  /** Registers something to stop. The newest is stopped first. */
  readonly onStop: (name: string, stop: () => Promise<void> | void) => void
  /** Stops everything; called again, waits for the first call. Never rejects. */
  readonly stop: () => Promise<void>
}

const STEP_TIMEOUT_MS = 10_000

const withTimeout = async (work: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('took too long')), STEP_TIMEOUT_MS)
  })
  await Promise.race([work, timeout]).finally(() => clearTimeout(timer))
}

export const createLifecycle = (log: Logger): Lifecycle => {
  const steps: { name: string; stop: () => Promise<void> | void }[] = []
  let stopping: Promise<void> | undefined
  const run = async (): Promise<void> => {
    for (let step = steps.pop(); step; step = steps.pop()) {
      try {
        await withTimeout(Promise.resolve(step.stop()))
      } catch (error) {
        log.error({ step: step.name, err: error }, 'a part did not stop cleanly')
      }
    }
  }
  return {
    onStop: (name, stop) => void steps.push({ name, stop }),
    stop: () => (stopping ??= run()),
  }
}

/** One Ctrl-C may arrive twice: from the terminal, and again from npm, which passes it on. */
const SAME_SIGNAL_MS = 1000

/** Runs `stop` on SIGINT or SIGTERM and exits 0; a second one, a second later, exits with 130. */
export const stopOnSignals = (stop: () => Promise<void>): void => {
  let signalledAt = 0
  const handle = (): void => {
    const now = performance.now()
    if (signalledAt === 0) {
      signalledAt = now
      void stop().then(() => process.exit(0))
    } else if (now - signalledAt > SAME_SIGNAL_MS) process.exit(130)
  }
  process.on('SIGINT', handle)
  process.on('SIGTERM', handle)
}
