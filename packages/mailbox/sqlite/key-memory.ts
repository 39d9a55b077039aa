/**
 * The submission keys that are remembered, in memory: a queue of 16-byte keys in order of arrival,
 * in chunks, and over it a hash index of 256 small tables, so that neither growing nor forgetting
 * ever stops the event loop for long. A key takes 16 bytes and 7 to 14 bytes of index.
 *
 * Each key has a position, counted up from the first key ever; the file stores runs of keys under
 * the position of their first.
 */
const WORDS = 4
const CHUNK_BITS = 16
const CHUNK = 1 << CHUNK_BITS
const TABLES = 256
const FIRST_TABLE = 64
const MAX_LOAD = 0.6

export const KEY_BYTES = 16

export interface KeyMemory {
  /** The position of the oldest key. */
  readonly start: () => number
  /** The position that the next key gets. */
  readonly end: () => number
  /** The position of a key, or -1. */
  readonly find: (key: Uint8Array) => number
  /** Adds a key that is not there. */
  readonly add: (key: Uint8Array) => void
  /** Removes the keys from a position on, newest first. */
  readonly truncate: (position: number) => void
  /** Removes the keys before a position. */
  readonly forget: (position: number) => void
  /** A copy of the keys in [from, to). */
  readonly copy: (from: number, to: number) => Uint8Array<ArrayBuffer>
}

interface Table {
  /** Where a key lies (chunk and place in it), plus one, so that 0 is empty; linear probing. */
  slots: Uint32Array
  used: number
}

const word = (key: Uint8Array, at: number): number =>
  key[at]! | (key[at + 1]! << 8) | (key[at + 2]! << 16) | (key[at + 3]! << 24)

/** The caller's keys are hashes already; the mixing only spares us from relying on it. */
const mix = (a: number, b: number, c: number, d: number): number => {
  const low = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b)
  const high = Math.imul(c ^ Math.imul(d, 0xc2b2ae35), 0x27d4eb2f)
  return (low ^ (low >>> 15) ^ high ^ (high >>> 13)) >>> 0
}

/**
 * @param start the first key's position.
 * @param expected how many keys are about to be added.
 */
export const createKeyMemory = (start = 0, expected = 0): KeyMemory => {
  /** Chunks by slot, which are used again, and the slots in order of position. */
  const chunks: Int32Array[] = []
  const starts: number[] = []
  const spare: number[] = []
  let order: number[] = []
  const roomy = 2 ** Math.ceil(Math.log2((expected / TABLES / MAX_LOAD) * 1.1 + 1))
  const tables: Table[] = Array.from({ length: TABLES }, () => ({
    slots: new Uint32Array(Math.max(FIRST_TABLE, roomy)),
    used: 0,
  }))
  let first = start
  let end = start

  const addChunk = (): void => {
    const slot = spare.pop() ?? chunks.length
    chunks[slot] ??= new Int32Array(CHUNK * WORDS)
    starts[slot] = end - (end % CHUNK)
    order.push(slot)
  }
  const dropChunk = (): void => {
    const [slot, ...rest] = order
    if (slot !== undefined) spare.push(slot)
    order = rest
  }
  /** Where the key at a position lies. */
  const locate = (position: number): number => {
    const oldest = order[0]!
    const slot = order[Math.floor((position - starts[oldest]!) / CHUNK)]!
    return (slot << CHUNK_BITS) | (position % CHUNK)
  }
  const hashAt = (where: number): number => {
    const words = chunks[where >>> CHUNK_BITS]!
    const at = (where & (CHUNK - 1)) * WORDS
    return mix(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!)
  }

  const place = (slots: Uint32Array, hash: number, entry: number): void => {
    const mask = slots.length - 1
    let slot = hash & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    slots[slot] = entry
  }
  const grow = (table: Table): void => {
    const slots = new Uint32Array(table.slots.length * 2)
    for (const entry of table.slots) {
      if (entry !== 0) place(slots, hashAt(entry - 1), entry)
    }
    table.slots = slots
  }
  /** Empties a slot and moves back what its probes had pushed on. */
  const vacate = (slots: Uint32Array, emptied: number): void => {
    const mask = slots.length - 1
    let hole = emptied
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const wanted = hashAt(slots[slot]! - 1) & mask
      if (((slot - wanted) & mask) < ((slot - hole) & mask)) continue
      slots[hole] = slots[slot]!
      hole = slot
    }
    slots[hole] = 0
  }
  const unlink = (position: number): void => {
    const where = locate(position)
    const hash = hashAt(where)
    const table = tables[hash >>> 24]!
    const mask = table.slots.length - 1
    let slot = hash & mask
    while (table.slots[slot] !== where + 1) slot = (slot + 1) & mask
    vacate(table.slots, slot)
    table.used--
  }

  return {
    start: () => first,
    end: () => end,
    find: (key) => {
      const a = word(key, 0)
      const b = word(key, 4)
      const c = word(key, 8)
      const d = word(key, 12)
      const hash = mix(a, b, c, d)
      const { slots } = tables[hash >>> 24]!
      const mask = slots.length - 1
      for (let slot = hash & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
        const where = slots[slot]! - 1
        const words = chunks[where >>> CHUNK_BITS]!
        const at = (where & (CHUNK - 1)) * WORDS
        if (words[at] !== a || words[at + 1] !== b) continue
        if (words[at + 2] !== c || words[at + 3] !== d) continue
        return starts[where >>> CHUNK_BITS]! + (where & (CHUNK - 1))
      }
      return -1
    },
    add: (key) => {
      if (order.length === 0 || end % CHUNK === 0) addChunk()
      const where = (order.at(-1)! << CHUNK_BITS) | (end % CHUNK)
      const words = chunks[where >>> CHUNK_BITS]!
      const at = (where & (CHUNK - 1)) * WORDS
      const a = (words[at] = word(key, 0))
      const b = (words[at + 1] = word(key, 4))
      const c = (words[at + 2] = word(key, 8))
      const d = (words[at + 3] = word(key, 12))
      const hash = mix(a, b, c, d)
      const table = tables[hash >>> 24]!
      if (table.used >= table.slots.length * MAX_LOAD) grow(table)
      place(table.slots, hash, where + 1)
      table.used++
      end++
    },
    truncate: (position) => {
      while (end > Math.max(position, first)) {
        unlink(--end)
        if (end % CHUNK === 0) spare.push(order.pop()!)
      }
    },
    forget: (position) => {
      for (const until = Math.min(position, end); first < until;) {
        unlink(first++)
        if (first % CHUNK === 0) dropChunk()
      }
    },
    copy: (from, to) => {
      const bytes = new Uint8Array((to - from) * KEY_BYTES)
      for (let position = from; position < to; position++) {
        const where = locate(position)
        const { buffer } = chunks[where >>> CHUNK_BITS]!
        const at = (where & (CHUNK - 1)) * KEY_BYTES
        bytes.set(new Uint8Array(buffer, at, KEY_BYTES), (position - from) * KEY_BYTES)
      }
      return bytes
    },
  }
}
