/** Waits for something that nothing tells of. */
import { setTimeout as wait } from 'node:timers/promises'

/** Looks again and again. @throws Error that says what was waited for. */
export const until = async (
  what: string | (() => string),
  holds: () => boolean,
  ms = 10_000,
): Promise<void> => {
  const end = performance.now() + ms
  while (!holds()) {
    if (performance.now() > end) {
      throw new Error(`waited ${ms} ms for ${typeof what === 'string' ? what : what()}`)
    }
    await wait(5)
  }
}
