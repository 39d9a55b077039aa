/**
 * Mailboxes whose cursor has moved: written with the next group, at the latest after a short time,
 * and however often a cursor moves until then, once.
 */
import type { Box, Group } from './box.ts'
import type { RecordWriter } from './records.ts'

const DELAY_MS = 50
/** After a failed commit. */
const RETRY_MS = 1_000

export interface Marks {
  readonly add: (box: Box) => void
  /** Whether they are to be written even if nothing else is. */
  readonly due: () => boolean
  readonly makeDue: () => void
  readonly write: (group: Group) => readonly Box[]
  /** Their commit has failed: to be written again. */
  readonly again: (boxes: readonly Box[]) => void
  readonly stop: () => void
}

/** @param ring called when marks have become due. */
export const createMarks = (writer: RecordWriter, ring: () => void): Marks => {
  let boxes: Box[] = []
  let due = false
  let timer: NodeJS.Timeout | undefined

  const within = (ms: number): void => {
    timer ??= setTimeout(() => {
      timer = undefined
      due = boxes.length > 0
      ring()
    }, ms).unref()
  }
  const push = (box: Box): void => {
    if (box.acking) return
    box.acking = true
    boxes.push(box)
  }
  return {
    add: (box) => {
      push(box)
      within(DELAY_MS)
    },
    due: () => due,
    makeDue: () => {
      due = boxes.length > 0
    },
    write: (group) => {
      const written = boxes
      boxes = []
      due = false
      for (const box of written) {
        box.acking = false
        if (box.number === 0) continue
        writer.ack(box.number, box.cursor)
        if (box.lastGroup === group.id) continue
        box.lastGroup = group.id
        group.marked.push(box)
      }
      return written
    },
    again: (failed) => {
      failed.forEach(push)
      if (failed.length > 0) within(RETRY_MS)
    },
    stop: () => {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
