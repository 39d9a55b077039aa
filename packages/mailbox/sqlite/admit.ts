/** Decides on one submission, and writes it into the group that is being gathered. */
import type { AppendOutcome, AppendRequest } from '../port.ts'
import type { Box, Group } from './box.ts'
import type { Held } from './held.ts'
import type { KeyMemory } from './key-memory.ts'
import { MAX_SEQUENCE, type RecordWriter } from './records.ts'
import type { Registry } from './registry.ts'

export interface AdmitDeps {
  readonly registry: Registry
  readonly keys: KeyMemory
  readonly held: Held
  readonly writer: RecordWriter
  readonly quota: { readonly letters: number; readonly bytes: number }
  readonly now: () => number
  /** The number for a new mailbox. */
  readonly nextNumber: () => number
  /** Starts to clear a mailbox's shelf of what does not count any more. */
  readonly reclaim: (box: Box) => void
}

/** The outcome, or the mailbox that must be loaded or cleared before there can be one. */
export type Admission = AppendOutcome | Box

export type Admit = (request: AppendRequest, group: Group) => Admission

export const createAdmit = (deps: AdmitDeps): Admit => {
  const { registry, keys, held, writer, quota } = deps
  const boxes: Box[] = []

  const fits = (box: Box, size: number): boolean =>
    box.letters + box.shelfLetters < quota.letters &&
    box.bytes + box.shelfBytes + size <= quota.bytes &&
    box.head < MAX_SEQUENCE

  /** `full`, or the mailbox when clearing its shelf may make room. */
  const makeRoom = (box: Box, size: number): Box | 'full' | undefined => {
    if (fits(box, size)) return undefined
    const now = deps.now()
    held.dropExpired(box, now)
    if (fits(box, size)) return undefined
    if (!box.litter && box.soonest > now) return 'full'
    deps.reclaim(box)
    return box
  }
  const introduce = (box: Box, group: Group): void => {
    if (box.number === 0) {
      box.number = deps.nextNumber()
      writer.mailbox(box.number, box.id)
      group.created.push(box)
    }
    if (box.lastGroup !== group.id) {
      box.lastGroup = group.id
      group.marked.push(box)
    }
  }

  return ({ key, letters }, group) => {
    if (keys.find(key) >= 0) return 'repeated'
    for (let i = 0; i < letters.length; i++) {
      const { mailbox, bytes } = letters[i]!
      const box = registry.get(mailbox)
      if (!box.ready) return box
      const obstacle = makeRoom(box, bytes.length)
      if (obstacle) return obstacle
      boxes[i] = box
    }
    keys.add(key)
    writer.key(key)
    for (let i = 0; i < letters.length; i++) {
      const { bytes, expiresAt } = letters[i]!
      const box = boxes[i]!
      introduce(box, group)
      const { sequence } = held.add(box, group, bytes, expiresAt)
      writer.letter(box.number, sequence, expiresAt, bytes)
    }
    return 'stored'
  }
}
