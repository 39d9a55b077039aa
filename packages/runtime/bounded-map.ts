/** A bounded map that forgets what was set first. */
export class BoundedMap<K, V> {
  readonly #max: number
  readonly #map = new Map<K, V>()

  readonly #onForget: ((value: V) => void) | undefined

  /** @param onForget is told what has to make room, but not what is deleted or replaced. */
  constructor(max: number, onForget?: (value: V) => void) {
    this.#max = max
    this.#onForget = onForget
  }

  get(key: K): V | undefined {
    return this.#map.get(key)
  }

  set(key: K, value: V): void {
    if (this.#map.size >= this.#max && !this.#map.has(key)) {
      const oldest = this.#map.entries().next()
      if (!oldest.done) {
        this.#map.delete(oldest.value[0])
        this.#onForget?.(oldest.value[1])
      }
    }
    this.#map.set(key, value)
  }

  delete(key: K): boolean {
    return this.#map.delete(key)
  }

  clear(): void {
    this.#map.clear()
  }
}
