/** Time, as a value that tests can turn by hand. */
export interface Clock {
  /** Milliseconds since the Unix epoch, UTC. */
  readonly now: () => number
}

export const systemClock: Clock = { now: () => Date.now() }
