/**
 * Opened messages on their way to the application. One reader at a time; a message counts as
 * handed over when the reader comes back for the next one, or leaves its loop.
 */
export interface Pending<T> {
  readonly message: T
  /** Called once, when the message was handed over. */
  readonly handedOver: () => void
}

export class MessageQueue<T> {
  readonly #waiting: Pending<T>[] = []
  #isRead = false
  #isClosed = false
  #wake: (() => void) | undefined

  push(pending: Pending<T>): void {
    if (this.#isClosed) return
    this.#waiting.push(pending)
    this.#wake?.()
  }

  /** Readers end. What was not handed over is left to come again. */
  close(): void {
    this.#isClosed = true
    this.#waiting.length = 0
    this.#wake?.()
  }

  /** The first `next` rejects if there is a reader already. */
  async *read(): AsyncGenerator<T, void, void> {
    if (this.#isRead) throw new Error('messages() is being read already: one loop at a time')
    this.#isRead = true
    try {
      while (!this.#isClosed) {
        const next = this.#waiting.shift()
        if (next) yield* this.#handOver(next)
        else await this.#pushed()
      }
    } finally {
      this.#isRead = false
    }
  }

  *#handOver({ message, handedOver }: Pending<T>): Generator<T, void, void> {
    try {
      yield message
    } finally {
      handedOver()
    }
  }

  #pushed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }
}
