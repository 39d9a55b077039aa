/** What protocol machines keep over a disconnect: for a device, bounded in number and time. */
import type { DeviceId } from '@isthmus/runtime/ids'
import { BoundedMap } from '@isthmus/runtime/bounded-map'

export class Retained {
  readonly #holdMs: number
  readonly #values: BoundedMap<string, { value: unknown; until: number }>

  constructor(holdMs: number, max: number) {
    this.#holdMs = holdMs
    this.#values = new BoundedMap(max)
  }

  keep(device: DeviceId, key: string, value: unknown, now: number): void {
    this.#values.delete(`${device}${key}`)
    this.#values.set(`${device}${key}`, { value, until: now + this.#holdMs })
  }

  /** Gives a value out once. */
  take(device: DeviceId, key: string, now: number): unknown {
    const held = this.#values.get(`${device}${key}`)
    if (!held) return undefined
    this.#values.delete(`${device}${key}`)
    return held.until > now ? held.value : undefined
  }
}
