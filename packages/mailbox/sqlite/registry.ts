/**
 * The mailboxes in memory. One is there while it has something to remember that its row has not,
 * or a follower; others stay as long as there is room.
 */
import type { DeviceId } from '@isthmus/runtime/ids'
import type { MailboxError } from '../port.ts'
import type { Ask } from './ask.ts'
import { type Box, createBox } from './box.ts'
import { type MailboxRow, NEVER } from './calls.ts'

export interface Registry {
  /** The mailbox, ready or not. */
  readonly get: (id: DeviceId) => Box
  /** Resolves when the mailbox is ready. Loads of one turn of the event loop go together. */
  readonly load: (box: Box) => Promise<void>
  readonly values: () => Iterable<Box>
  /** Drops mailboxes that were not used lately and have nothing to remember, when there are many. */
  readonly tidy: (settledGroup: number) => void
}

export const fill = (box: Box, row: MailboxRow | undefined): void => {
  if (row) {
    box.number = row.number
    box.saved = true
    box.cursor = row.cursor
    // The cursor of a removed mailbox may be ahead, when its last letters were never settled.
    box.head = Math.max(row.head, row.cursor)
    box.visible = box.head
    box.shelfLetters = row.letters
    box.shelfBytes = row.bytes
    box.soonest = row.letters > 0 ? row.soonest : NEVER
    box.litter = row.litter
  }
  box.ready = true
}

/** @param loaded called with each mailbox that has become ready. */
export const createRegistry = (
  ask: Ask,
  capacity: number,
  loaded: (box: Box) => void,
): Registry => {
  const boxes = new Map<DeviceId, Box>()
  const loading = new Map<Box, Promise<void>>()
  let wanted: { box: Box; resolve: () => void; reject: (error: MailboxError) => void }[] = []
  let roomFor = capacity

  const loadWanted = (): void => {
    const batch = wanted
    wanted = []
    ask(
      'load',
      batch.map(({ box }) => box.id),
      (rows) => {
        for (const [i, { box, resolve }] of batch.entries()) {
          fill(box, rows[i])
          loading.delete(box)
          loaded(box)
          resolve()
        }
      },
      (error) => {
        for (const { box, reject } of batch) {
          loading.delete(box)
          reject(error)
        }
      },
    )
  }
  const idle = (box: Box, settledGroup: number): boolean =>
    box.letters === 0 &&
    box.lastGroup <= settledGroup &&
    !box.tell &&
    !box.acking &&
    !box.reclaiming &&
    !loading.has(box)

  return {
    get: (id) => {
      let box = boxes.get(id)
      if (!box) {
        box = createBox(id)
        boxes.set(id, box)
      }
      box.touched = true
      return box
    },
    load: (box) => {
      if (box.ready) return Promise.resolve()
      const under = loading.get(box)
      if (under) return under
      const promise = new Promise<void>((resolve, reject) => {
        if (wanted.length === 0) queueMicrotask(loadWanted)
        wanted.push({ box, resolve, reject })
      })
      loading.set(box, promise)
      return promise
    },
    values: () => boxes.values(),
    tidy: (settledGroup) => {
      if (boxes.size <= roomFor) return
      for (const [id, box] of boxes) {
        if (!box.touched && idle(box, settledGroup)) boxes.delete(id)
        box.touched = false
      }
      // What has to stay may be more than the capacity: then look again only when it has grown.
      roomFor = Math.max(capacity, boxes.size * 1.25)
    },
  }
}
