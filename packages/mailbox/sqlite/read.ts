/** Pages: from the shelf as long as it has what comes next, then from memory. */
import type { Page, PageLimit, StoredLetter } from '../port.ts'
import type { Ask } from './ask.ts'
import type { Box } from './box.ts'
import type { PageAnswer } from './calls.ts'

const stored = (sequence: number, bytes: Uint8Array): StoredLetter => ({
  sequence,
  previous: sequence - 1,
  bytes,
})

const readHeld = (box: Box, after: number, limit: PageLimit, now: number): Page => {
  const letters: StoredLetter[] = []
  let bytes = 0
  for (let letter = box.first; letter; letter = letter.next) {
    const { sequence } = letter
    // What is not durable may still be lost, and must not be seen.
    if (sequence > box.visible) break
    if (sequence <= after || !(letter.expiresAt > now)) continue
    if (letters.length >= limit.letters || bytes >= limit.bytes) {
      return { letters, upTo: letters.at(-1)!.sequence, more: true }
    }
    letters.push(stored(sequence, letter.bytes))
    bytes += letter.bytes.length
  }
  return { letters, upTo: Math.max(after, box.visible), more: false }
}

const unpack = ({ sequences, ends, sealed }: PageAnswer): StoredLetter[] =>
  sequences.map((sequence, i) => {
    const start = ends[i - 1] ?? 0
    return stored(sequence, new Uint8Array(sealed, start, ends[i]! - start))
  })

const readShelf = (
  ask: Ask,
  box: Box,
  after: number,
  floor: number,
  limit: PageLimit,
  now: number,
): Promise<Page> =>
  new Promise((resolve, reject) => {
    ask(
      'page',
      { number: box.number, after, floor, now, ...limit },
      (answer) => {
        const letters = unpack(answer)
        const upTo = answer.more ? letters.at(-1)!.sequence : floor
        resolve({ letters, upTo, more: upTo < box.visible })
      },
      reject,
    )
  })

/** @param box ready. */
export const readPage = (
  ask: Ask,
  box: Box,
  after: number,
  { letters, bytes }: PageLimit,
  now: number,
): Promise<Page> | Page => {
  const limit = { letters: Math.max(1, letters), bytes: Math.max(1, bytes) }
  const from = Math.max(after, box.cursor)
  // What is held is newer than what is on the shelf.
  const floor = (box.first?.sequence ?? box.head + 1) - 1
  if (box.shelfLetters > 0 && from < floor) return readShelf(ask, box, from, floor, limit, now)
  return readHeld(box, from, limit, now)
}
