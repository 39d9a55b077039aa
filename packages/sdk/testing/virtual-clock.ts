/** A clock that a test turns by hand. */
import type { Clock } from '../clock.ts'

interface Timer {
  readonly at: number
  readonly run: () => void
}

export class VirtualClock implements Clock {
  #now: number
  readonly #timers = new Set<Timer>()

  constructor(now = 1_795_411_827_000) {
    this.#now = now
  }

  readonly now = (): number => this.#now

  readonly after = (ms: number, run: () => void): (() => void) => {
    const timer = { at: this.#now + ms, run }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** When the next timer is due, in milliseconds from now; undefined if there is none. */
  get nextIn(): number | undefined {
    const [next] = this.#inOrder()
    return next && next.at - this.#now
  }

  /** Goes forward, running what is due on the way. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let [next] = this.#inOrder(); next && next.at <= end; [next] = this.#inOrder()) {
      this.#now = Math.max(this.#now, next.at)
      this.#timers.delete(next)
      next.run()
    }
    this.#now = end
  }

  #inOrder(): Timer[] {
    return [...this.#timers].sort((a, b) => a.at - b.at)
  }
}
