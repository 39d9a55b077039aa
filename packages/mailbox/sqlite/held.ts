/** The letters held in memory, of all mailboxes: what comes, goes and is counted. */
import type { Box, Group, Letter } from './box.ts'
import { NEVER } from './calls.ts'

const NOTHING = new Uint8Array(0)

export interface Held {
  readonly letters: () => number
  readonly bytes: () => number
  /** Gives the letter the mailbox's next sequence. */
  readonly add: (box: Box, group: Group, bytes: Uint8Array, expiresAt: number) => Letter
  /** Lets go of the letters up to a sequence. */
  readonly dropThrough: (box: Box, sequence: number) => void
  /** Lets go of the letters that are not durable, after their group has failed. */
  readonly undo: (box: Box) => void
  readonly dropExpired: (box: Box, now: number) => void
}

export const createHeld = (): Held => {
  let letters = 0
  let bytes = 0

  const release = (letter: Letter): void => {
    const { box, group } = letter
    const size = letter.bytes.length
    box.letters--
    box.bytes -= size
    letters--
    bytes -= size
    group.open--
    letter.held = false
    letter.bytes = NOTHING
  }
  /** Keeps what passes, in order. */
  const filter = (box: Box, keeps: (letter: Letter) => boolean): void => {
    let kept: Letter | undefined
    let letter = box.first
    box.first = undefined
    while (letter) {
      const { next } = letter
      letter.next = undefined
      if (keeps(letter)) {
        if (kept) kept.next = letter
        else box.first = letter
        kept = letter
      } else {
        release(letter)
      }
      letter = next
    }
    box.last = kept
  }
  return {
    letters: () => letters,
    bytes: () => bytes,
    add: (box, group, sealed, expiresAt) => {
      const sequence = ++box.head
      const letter: Letter = {
        box,
        group,
        sequence,
        expiresAt,
        bytes: sealed,
        held: true,
        next: undefined,
      }
      if (box.last) box.last.next = letter
      else box.first = letter
      box.last = letter
      box.letters++
      if (expiresAt < box.heldSoonest) box.heldSoonest = expiresAt
      box.bytes += sealed.length
      letters++
      bytes += sealed.length
      group.open++
      group.letters.push(letter)
      return letter
    },
    dropThrough: (box, sequence) => {
      let letter = box.first
      while (letter && letter.sequence <= sequence) {
        const { next } = letter
        release(letter)
        // A kept reference to one letter must not keep all that came after it.
        letter.next = undefined
        letter = next
      }
      box.first = letter
      if (!letter) box.last = undefined
    },
    undo: (box) => {
      filter(box, ({ sequence }) => sequence <= box.visible)
      // A mailbox that was removed meanwhile has its cursor at what was given out.
      box.visible = Math.max(box.visible, box.cursor)
      box.head = box.visible
    },
    dropExpired: (box, now) => {
      if (box.heldSoonest > now) return
      box.heldSoonest = NEVER
      filter(box, ({ expiresAt }) => {
        // Not `<=`: a time that is no number counts as past.
        if (!(expiresAt > now)) return false
        box.heldSoonest = Math.min(box.heldSoonest, expiresAt)
        return true
      })
    },
  }
}
