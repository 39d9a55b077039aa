/** Time and chance, as values that tests can turn by hand. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number
  /** Runs something once after so many milliseconds; gives what calls it off. */
  readonly after: (ms: number, run: () => void) => () => void
}

/** From 0 up to, but not including, 1. */
export type Random = () => number

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
