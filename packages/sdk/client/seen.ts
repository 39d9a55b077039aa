/**
 * The messages that were handed over before, by sender and message id, so that none shows twice
 * even if it was sent twice. Pure. It remembers at least as long as a letter may wait in a mailbox,
 * up to a bound.
 */
const REMEMBER_MS = 31 * 86_400_000
const MAX_SEEN = 50_000

export class Seen {
  /** When each was seen, the oldest first. */
  readonly #at = new Map<string, number>()

  /** @param known what was kept, with when it was seen. */
  constructor(known: Iterable<readonly [string, number]> = []) {
    for (const [key, at] of [...known].sort(([, a], [, b]) => a - b)) this.#at.set(key, at)
  }

  /** Addresses hold no space, so that no two pairs have the same key. */
  static key(sender: string, messageId: string): string {
    return `${sender} ${messageId}`
  }

  has(key: string): boolean {
    return this.#at.has(key)
  }

  /** Remembers; gives the keys that are forgotten for it. */
  add(key: string, now: number): readonly string[] {
    this.#at.delete(key)
    this.#at.set(key, now)
    const forgotten: string[] = []
    for (const [old, at] of this.#at) {
      if (this.#at.size <= MAX_SEEN && now - at < REMEMBER_MS) break
      this.#at.delete(old)
      forgotten.push(old)
    }
    return forgotten
  }
}
