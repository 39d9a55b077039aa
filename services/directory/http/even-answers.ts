/**
 * Answers that must not tell by their time what was found: they leave at the next multiple of a
 * quantum after the request came, so work that ends within the same quantum looks the same.
 */
import { setImmediate, setTimeout } from 'node:timers/promises'
import type { MiddlewareHandler } from 'hono'
import type { Env } from './api.ts'

/** Milliseconds; well over what a look-up takes. */
const QUANTUM_MS = 10

/** Timers fire on whole milliseconds, which would let the rest of the work's time through. */
const until = async (deadline: number): Promise<void> => {
  const whole = Math.floor(deadline - performance.now()) - 1
  if (whole > 0) await setTimeout(whole)
  while (performance.now() < deadline) await setImmediate()
}

/** @param only whether an answer is one that must tell nothing; the others leave at once. */
export const evenAnswers =
  (only: (status: number) => boolean): MiddlewareHandler<Env> =>
  async (c, next) => {
    const start = performance.now()
    await next()
    if (!only(c.res.status)) return
    const elapsed = performance.now() - start
    await until(start + Math.ceil(elapsed / QUANTUM_MS) * QUANTUM_MS)
  }
