/**
 * Which letters are out, and how far the relay may be told that they are handled. Pure.
 *
 * Acknowledging is cumulative, handling is not: the cursor moves over a letter only when it and
 * all before it are handled.
 */
interface Out {
  readonly sequence: number
  isHandled: boolean
}

export class Inbox {
  #cursor: number
  /** In the order of their sequences. */
  readonly #out: Out[] = []

  /** @param cursor everything up to this sequence was handled before. */
  constructor(cursor: number) {
    this.#cursor = cursor
  }

  /** Everything up to this sequence is handled. */
  get cursor(): number {
    return this.#cursor
  }

  /**
   * A letter came.
   * - `new`: to be handled.
   * - `out`: it came before and is being handled.
   * - `past`: it is at or below the cursor.
   */
  received(sequence: number): 'new' | 'out' | 'past' {
    if (sequence <= this.#cursor) return 'past'
    let at = this.#out.length
    while (at > 0 && (this.#out[at - 1]?.sequence ?? 0) > sequence) at--
    if (this.#out[at - 1]?.sequence === sequence) return 'out'
    this.#out.splice(at, 0, { sequence, isHandled: false })
    return 'new'
  }

  /** A letter is handled; gives the cursor if it moved. */
  handled(sequence: number): number | undefined {
    const letter = this.#out.find((out) => out.sequence === sequence)
    if (letter) letter.isHandled = true
    const before = this.#cursor
    while (this.#out[0]?.isHandled) this.#cursor = this.#out.shift()?.sequence ?? this.#cursor
    return this.#cursor > before ? this.#cursor : undefined
  }
}
