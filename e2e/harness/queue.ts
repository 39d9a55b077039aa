/** Things that arrive, in order, to be taken one by one. */
import { within } from './within.ts'

export class Queue<T> {
  readonly #waiting: T[] = []
  readonly #takers: ((item: T) => void)[] = []

  /** Items that were not taken yet. */
  get size(): number {
    return this.#waiting.length
  }

  clear(): void {
    this.#waiting.length = 0
  }

  push(item: T): void {
    const taker = this.#takers.shift()
    if (taker) taker(item)
    else this.#waiting.push(item)
  }

  /** The oldest item that was not taken yet; rejects if none comes in time. */
  take(what: string): Promise<T> {
    const item = this.#waiting.shift()
    if (item !== undefined) return Promise.resolve(item)
    const { promise, resolve } = Promise.withResolvers<T>()
    this.#takers.push(resolve)
    return within(promise, what).catch((error: unknown) => {
      this.#takers.splice(this.#takers.indexOf(resolve), 1)
      throw error
    })
  }
}
