/** Holds what a killed process had said against what the file holds. */
import type { DeviceId } from '@isthmus/runtime/ids'
import type { Mailboxes, StoredLetter } from '../port.ts'

interface Submission {
  readonly key: Uint8Array
  readonly boxes: readonly DeviceId[]
  readonly content: string
  accepted: boolean
}

export interface Witness {
  /** Takes in a line of `crash-child.ts`. */
  readonly hear: (line: string) => void
  /**
   * Compares all that was heard so far with the store, which was opened after the process died.
   * @throws Error that names the broken promise.
   */
  readonly compare: (store: Mailboxes) => Promise<void>
  readonly accepted: () => number
}

const demand = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(`broken: ${what}`)
}

export const readAll = async (store: Mailboxes, box: DeviceId): Promise<StoredLetter[]> => {
  const letters: StoredLetter[] = []
  for (let upTo = 0, more = true; more;) {
    const page = await store.read(box, upTo, { letters: 500, bytes: 1_000_000 })
    letters.push(...page.letters)
    upTo = page.upTo
    more = page.more
  }
  return letters
}

export const createWitness = (boxes: readonly DeviceId[]): Witness => {
  const submissions = new Map<string, Submission>()
  const contents = new Map<string, string>()
  const sequences = new Map<string, number>()
  const acknowledged = new Map<string, number>()

  const place = (box: string, sequence: number, content: string): void => {
    const other = contents.get(`${box} ${sequence}`) ?? content
    demand(other === content, `sequence ${sequence} was given to ${other} and to ${content}`)
    const before = sequences.get(`${box} ${content}`) ?? sequence
    demand(before === sequence, `${content} lies at ${before} and at ${sequence}`)
    contents.set(`${box} ${sequence}`, content)
    sequences.set(`${box} ${content}`, sequence)
  }
  const hear = (line: string): void => {
    const [word, subject = '', second = '', content = ''] = line.split(' ')
    if (word === 'submit') {
      const key = Buffer.from(subject, 'hex')
      const to = second.split(',') as DeviceId[]
      submissions.set(subject, { key, boxes: to, content, accepted: false })
    } else if (word === 'accepted') {
      submissions.get(subject)!.accepted = true
    } else if (word === 'told') {
      place(subject, Number(second), content)
    } else if (word === 'acknowledge') {
      const before = acknowledged.get(subject) ?? 0
      acknowledged.set(subject, Math.max(before, Number(second)))
    } else {
      throw new Error(`the process said: ${line}`)
    }
  }

  const compareMailbox = async (store: Mailboxes, box: DeviceId): Promise<Set<number>> => {
    const cursor = await store.cursor(box)
    demand(cursor <= (acknowledged.get(box) ?? 0), `cursor ${cursor} was never acknowledged`)
    const present = new Set<number>()
    let previous = cursor
    let last = ''
    for (const letter of await readAll(store, box)) {
      const { sequence } = letter
      demand(
        sequence === previous + 1,
        `after ${previous} comes ${sequence} (cursor ${cursor}, ${contents.get(`${box} ${previous + 1}`)})`,
      )
      demand(letter.previous === previous, `${sequence} names ${letter.previous}`)
      const content = Buffer.from(letter.bytes).toString().trimEnd()
      place(box, sequence, content)
      // Contents count up in the order in which they were appended.
      demand(content > last, `${content} lies behind ${last}`)
      previous = sequence
      last = content
      present.add(sequence)
    }
    return present
  }
  const compare = async (store: Mailboxes): Promise<void> => {
    const present = new Map<string, Set<number>>()
    for (const box of boxes) present.set(box, await compareMailbox(store, box))
    for (const { key, boxes: to, content, accepted } of submissions.values()) {
      const placed = to.filter((box) => sequences.has(`${box} ${content}`))
      demand(placed.length === 0 || placed.length === to.length, `half of ${content} is stored`)
      demand(!accepted || placed.length > 0, `${content} was accepted and is nowhere`)
      demand((await store.seen(key)) === placed.length > 0, `the key of ${content}`)
      for (const box of placed) {
        const sequence = sequences.get(`${box} ${content}`)!
        const gone = !present.get(box)?.has(sequence)
        const mayBeGone = sequence <= (acknowledged.get(box) ?? 0)
        demand(!gone || mayBeGone, `${content} is lost, and was not acknowledged`)
      }
    }
  }
  return {
    hear,
    compare,
    accepted: () => [...submissions.values()].filter(({ accepted }) => accepted).length,
  }
}
