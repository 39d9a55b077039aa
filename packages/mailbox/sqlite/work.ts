/** What waits in the committer's queue: each piece goes into one or several groups, in order. */
import type { AppendOutcome, AppendRequest } from '../port.ts'
import type { Admit } from './admit.ts'
import type { Box, Group } from './box.ts'

export interface Work {
  /** Writes into the group: true when all is in it, or the mailbox that stands in the way. */
  readonly join: (group: Group, full: () => boolean) => boolean | Box
  /** Whether a part of it is in a group already. */
  readonly begun: () => boolean
  /** Mailboxes that it is about. */
  readonly boxes: () => Iterable<Box>
  /** All of it is durable. */
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export const appendWork = (
  requests: readonly AppendRequest[],
  admit: Admit,
  find: (request: AppendRequest) => Iterable<Box>,
): { readonly work: Work; readonly outcome: Promise<readonly AppendOutcome[]> } => {
  const outcomes: AppendOutcome[] = []
  const { promise, resolve, reject } = Promise.withResolvers<readonly AppendOutcome[]>()
  const work: Work = {
    join: (group, full) => {
      while (outcomes.length < requests.length) {
        if (full()) return false
        const admission = admit(requests[outcomes.length]!, group)
        if (typeof admission !== 'string') return admission
        outcomes.push(admission)
      }
      return true
    },
    begun: () => outcomes.length > 0,
    *boxes() {
      for (let i = outcomes.length; i < requests.length; i++) yield* find(requests[i]!)
    },
    resolve: () => resolve(outcomes),
    reject,
  }
  return { work, outcome: promise }
}

/** Work that is done at one stroke, when its mailbox, if any, is ready. */
export const promptWork = (
  box: Box | undefined,
  act: () => void,
): { readonly work: Work; readonly outcome: Promise<void> } => {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const work: Work = {
    join: () => {
      if (box && !box.ready) return box
      act()
      return true
    },
    begun: () => false,
    boxes: () => (box ? [box] : []),
    resolve,
    reject,
  }
  return { work, outcome: promise }
}
