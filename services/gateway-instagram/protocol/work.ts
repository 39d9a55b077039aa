/** A bucket of work points, see limits.ts. May go into debt once, so that no price is too high. */
import type { WorkLimits } from './limits.ts'

export class WorkBudget {
  readonly #limits: WorkLimits
  #points: number
  #at = 0

  constructor(limits: WorkLimits) {
    this.#limits = limits
    this.#points = limits.burst
  }

  /** Spends points; or, if none are left, gives the milliseconds until there are some again. */
  spend(points: number, now: number): number {
    if (points === 0) return 0
    const { burst, perSecond } = this.#limits
    const earned = (Math.max(0, now - this.#at) * perSecond) / 1000
    this.#points = Math.min(burst, this.#points + earned)
    this.#at = now
    if (this.#points <= 0) return Math.max(1, Math.ceil((-this.#points * 1000) / perSecond))
    this.#points -= points
    return 0
  }
}
