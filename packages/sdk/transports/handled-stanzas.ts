/**
 * Which stanzas of a stream are handled, as XEP-0198 counts them. Pure.
 *
 * "handled" is more than received here: a letter is handled when it was opened and handed over.
 * The count covers a beginning of the stream, so one open letter holds back all that came after.
 */
interface OpenLetter {
  /** Its place among the stanzas of the stream, from 1. */
  readonly place: number
  readonly sequence: number
}

export class HandledStanzas {
  #received = 0
  readonly #open: OpenLetter[] = []

  /**
   * XEP-0198 section 3: the counter is "set to zero and started after receiving either <enable/>
   * or <enabled/>".
   */
  reset(): void {
    this.#received = 0
    this.#open.length = 0
  }

  /** A stanza came; with a sequence, it carries a letter. */
  received(sequence?: number): void {
    this.#received++
    if (sequence !== undefined) this.#open.push({ place: this.#received, sequence })
  }

  /** The letters up to this sequence are handled; gives whether the count moved. */
  acknowledge(upTo: number): boolean {
    const before = this.count
    while ((this.#open[0]?.sequence ?? Infinity) <= upTo) this.#open.shift()
    return this.count > before
  }

  /** The `h` to acknowledge with. */
  get count(): number {
    const [first] = this.#open
    return first ? first.place - 1 : this.#received
  }
}
