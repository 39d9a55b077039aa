/**
 * The records of a journal row, little-endian, one after the other:
 *
 * | tag | record | fields |
 * |---|---|---|
 * | 1 | group, the first of a row | u8 format = 1, f64 time of the group in ms |
 * | 2 | mailbox, before its first letter ever | u32 number, 22 bytes id |
 * | 3 | key of the submission whose letters follow | 16 bytes |
 * | 4 | letter | u32 number, u32 sequence, f64 expiry in ms, u32 length, bytes |
 * | 5 | acknowledgement | u32 number, u32 sequence |
 */
import type { DeviceId } from '@isthmus/runtime/ids'
import { KEY_BYTES } from './key-memory.ts'

const FORMAT = 1
export const ID_BYTES = 22
const TAG = { group: 1, mailbox: 2, key: 3, letter: 4, ack: 5 } as const

export const MAX_SEQUENCE = 0xffff_ffff
/** Bytes of a letter's record before the letter's own. */
const LETTER_HEAD = 21

/** To write them, and to take them in. */
export interface Records {
  readonly group: (time: number) => void
  readonly mailbox: (number: number, id: DeviceId) => void
  readonly key: (key: Uint8Array) => void
  /** Read, `sealed` and `key` are views of the row. */
  readonly letter: (number: number, sequence: number, expiresAt: number, sealed: Uint8Array) => void
  readonly ack: (number: number, sequence: number) => void
}

export interface RecordWriter extends Records {
  readonly length: () => number
  readonly clear: () => void
  /** Gives the buffer away and starts on another. */
  readonly take: () => ArrayBuffer
}

/** @param supply an empty buffer of at least 1 KB. */
export const recordWriter = (supply: () => ArrayBuffer): RecordWriter => {
  let bytes = new Uint8Array(supply())
  let view = new DataView(bytes.buffer)
  let at = 0

  const reserve = (size: number): number => {
    const start = at
    if (start + size > bytes.length) {
      const larger = new Uint8Array(Math.max(bytes.length * 2, start + size))
      larger.set(bytes.subarray(0, start))
      bytes = larger
      view = new DataView(larger.buffer)
    }
    at += size
    return start
  }
  return {
    length: () => at,
    group: (time) => {
      const start = reserve(10)
      bytes[start] = TAG.group
      bytes[start + 1] = FORMAT
      view.setFloat64(start + 2, time, true)
    },
    mailbox: (number, id) => {
      if (id.length !== ID_BYTES) throw new RangeError(`not a mailbox id: ${id}`)
      const start = reserve(5 + ID_BYTES)
      bytes[start] = TAG.mailbox
      view.setUint32(start + 1, number, true)
      for (let i = 0; i < ID_BYTES; i++) bytes[start + 5 + i] = id.charCodeAt(i)
    },
    key: (key) => {
      const start = reserve(1 + KEY_BYTES)
      bytes[start] = TAG.key
      bytes.set(key, start + 1)
    },
    letter: (number, sequence, expiresAt, sealed) => {
      const start = reserve(LETTER_HEAD + sealed.length)
      bytes[start] = TAG.letter
      view.setUint32(start + 1, number, true)
      view.setUint32(start + 5, sequence, true)
      view.setFloat64(start + 9, expiresAt, true)
      view.setUint32(start + 17, sealed.length, true)
      bytes.set(sealed, start + LETTER_HEAD)
    },
    ack: (number, sequence) => {
      const start = reserve(9)
      bytes[start] = TAG.ack
      view.setUint32(start + 1, number, true)
      view.setUint32(start + 5, sequence, true)
    },
    clear: () => {
      at = 0
    },
    take: () => {
      const { buffer } = bytes
      bytes = new Uint8Array(supply())
      view = new DataView(bytes.buffer)
      at = 0
      return buffer
    },
  }
}

const HEADS = {
  [TAG.group]: 10,
  [TAG.mailbox]: 5 + ID_BYTES,
  [TAG.key]: 1 + KEY_BYTES,
  [TAG.letter]: LETTER_HEAD,
  [TAG.ack]: 9,
} as const

const isTag = (tag: number | undefined): tag is keyof typeof HEADS =>
  tag !== undefined && tag in HEADS

/**
 * Calls the visitor for each record, in order.
 * @throws Error when the row holds something else than whole records of this format.
 */
export const visitRecords = (row: Uint8Array, visitor: Partial<Records>): void => {
  const view = new DataView(row.buffer, row.byteOffset, row.length)
  const corrupt = (what: string, at: number): never => {
    throw new Error(`the mailbox journal holds ${what} at byte ${at} of a row`)
  }
  const number = (at: number): number => view.getUint32(at, true)

  for (let at = 0; at < row.length;) {
    const tag = row[at]
    if (!isTag(tag)) return corrupt(`an unknown record ${tag}`, at)
    const body = at + HEADS[tag]
    const end = tag === TAG.letter && body <= row.length ? body + number(at + 17) : body
    if (end > row.length) return corrupt('a record that is cut off', at)
    if (tag === TAG.letter) {
      const expiresAt = view.getFloat64(at + 9, true)
      visitor.letter?.(number(at + 1), number(at + 5), expiresAt, row.subarray(body, end))
    } else if (tag === TAG.key) {
      visitor.key?.(row.subarray(at + 1, end))
    } else if (tag === TAG.ack) {
      visitor.ack?.(number(at + 1), number(at + 5))
    } else if (tag === TAG.mailbox) {
      const id = String.fromCharCode(...row.subarray(at + 5, end))
      visitor.mailbox?.(number(at + 1), id as DeviceId)
    } else {
      if (row[at + 1] !== FORMAT) return corrupt(`format ${row[at + 1]}`, at)
      visitor.group?.(view.getFloat64(at + 2, true))
    }
    at = end
  }
}
