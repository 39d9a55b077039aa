/** Tells a silent client from a dead one: a ping after a while of silence, then the end. */
import type { GraphqlLimits } from './limits.ts'

export class Keepalive {
  readonly #limits: GraphqlLimits
  #heardAt: number
  #pinged = false

  constructor(limits: GraphqlLimits, now: number) {
    this.#limits = limits
    this.#heardAt = now
  }

  get deadline(): number {
    const { idleMs, pongTimeoutMs } = this.#limits
    return this.#heardAt + idleMs + (this.#pinged ? pongTimeoutMs : 0)
  }

  /** Anything that comes is a sign of life. */
  heard(now: number): void {
    this.#heardAt = now
    this.#pinged = false
  }

  /** The deadline has passed. */
  expire(): 'ping' | 'dead' {
    if (this.#pinged) return 'dead'
    this.#pinged = true
    return 'ping'
  }
}
