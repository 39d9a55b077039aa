/** What the adapter knows in memory of the shelf: its counts, in all and for each mailbox. */
import type { Box } from './box.ts'
import { NEVER, type ReclaimAnswer, type Totals } from './calls.ts'

export interface Shelf {
  readonly totals: () => Totals
  readonly added: (box: Box, sequence: number, size: number, expiresAt: number) => void
  readonly removed: (box: Box, answer: ReclaimAnswer) => void
}

export const createShelf = (start: Totals): Shelf => {
  const totals = { ...start }
  return {
    totals: () => totals,
    added: (box, sequence, size, expiresAt) => {
      if (box.shelfLetters === 0) totals.mailboxes++
      totals.letters++
      totals.bytes += size
      box.shelfLetters++
      box.shelfBytes += size
      box.soonest = Math.min(box.soonest, Math.ceil(expiresAt), NEVER)
      // It was acknowledged while it was on its way.
      if (sequence <= box.cursor) box.litter = true
    },
    removed: (box, { letters, bytes, soonest }) => {
      totals.letters -= letters
      totals.bytes -= bytes
      box.shelfLetters -= letters
      box.shelfBytes -= bytes
      box.soonest = soonest
      if (box.shelfLetters === 0 && letters > 0) totals.mailboxes--
    },
  }
}
