/**
 * When to try again. Full jitter: a random wait between nothing and a bound that doubles, so that
 * clients that failed together do not come back together.
 * Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
import type { Random } from '../clock.ts'
import type { Close } from '../transports/port.ts'

export interface Backoff {
  /** Milliseconds: the bound of the first wait, and of the longest. */
  readonly baseMs: number
  readonly maxMs: number
}

export const RECONNECT: Backoff = { baseMs: 500, maxMs: 30_000 }
export const RESUBMIT: Backoff = { baseMs: 200, maxMs: 60_000 }

/** Clients whom a restarting relay sent away spread over so long, from the first try on. */
const SPREAD_MS = 3_000

/** @param attempt from 0. @returns milliseconds. */
export const fullJitter = ({ baseMs, maxMs }: Backoff, attempt: number, random: Random): number =>
  random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30))

/**
 * Milliseconds until the next try to connect.
 * @param attempt tries since a connection last held, from 0.
 */
export const reconnectDelay = (close: Close, attempt: number, random: Random): number => {
  const jitter = fullJitter(RECONNECT, attempt, random)
  // The hint is the soonest; the jitter on top keeps those who got the same hint apart.
  if (close.retryAfterMs !== undefined) return close.retryAfterMs + jitter
  if (close.cause === 'going-away') return Math.max(jitter, random() * SPREAD_MS)
  if (close.cause === 'try-later') return RECONNECT.baseMs * 2 + jitter
  return jitter
}

/** Milliseconds until a submission is tried again. @param attempt from 0. */
export const resubmitDelay = (
  retryAfterMs: number | undefined,
  attempt: number,
  random: Random,
): number => (retryAfterMs ?? 0) + fullJitter(RESUBMIT, attempt, random)
