/** Token buckets, one for each key, in bounded memory. Pure: the time comes in. */
export interface RateLimit {
  /** Requests that may come at once. */
  readonly burst: number
  /** Milliseconds in which an empty bucket fills up again, evenly. */
  readonly refillMs: number
}

export interface RateLimiter {
  /** Takes one token: 0, or how many milliseconds to wait for the next one. */
  readonly take: (key: string, now: number) => number
}

interface Bucket {
  tokens: number
  /** When `tokens` was true. */
  at: number
}

/** Beyond `maxKeys` keys with tokens missing, all new keys share this bucket. */
const OVERFLOW = ''

export const createRateLimiter = (limit: RateLimit, maxKeys = 50_000): RateLimiter => {
  const perToken = limit.refillMs / limit.burst
  // In the order of last use, so the first is the fullest for its age.
  const buckets = new Map<string, Bucket>()

  const level = (bucket: Bucket, now: number): number =>
    Math.min(limit.burst, bucket.tokens + Math.max(0, now - bucket.at) / perToken)

  /** A bucket that has filled up says nothing any more. One that has not is never dropped. */
  const makeRoom = (now: number): boolean => {
    const oldest = buckets.entries().next().value
    if (!oldest || level(oldest[1], now) < limit.burst) return false
    return buckets.delete(oldest[0])
  }

  return {
    take: (key, now) => {
      const fits = buckets.has(key) || buckets.size < maxKeys || makeRoom(now)
      const name = fits ? key : OVERFLOW
      const known = buckets.get(name) ?? { tokens: limit.burst, at: now }
      const tokens = level(known, now)
      buckets.delete(name)
      if (tokens >= 1) {
        buckets.set(name, { tokens: tokens - 1, at: now })
        return 0
      }
      buckets.set(name, { tokens, at: now })
      return Math.ceil((1 - tokens) * perToken)
    },
  }
}
