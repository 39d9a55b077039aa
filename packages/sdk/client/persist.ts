/** Writes that must not be given up because the disk was full for a while. */
import type { Clock } from '../clock.ts'

const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 30_000

export interface PersistDeps {
  readonly clock: Clock
  readonly isClosed: () => boolean
  readonly failed: (error: unknown) => void
}

/** Repeats a write until it is done; once the client is closed, tries it once more. Never rejects. */
export const persist = async (deps: PersistDeps, write: () => Promise<void>): Promise<void> => {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      return await write()
    } catch (error) {
      deps.failed(error)
      if (deps.isClosed()) return
      await new Promise<void>((resolve) => deps.clock.after(waitMs, resolve))
    }
  }
}
