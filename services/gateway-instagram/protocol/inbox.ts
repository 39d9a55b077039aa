/** The inbox subscription under way: a result a letter, written along a shape made once. */
import type { StoredLetter } from '@isthmus/mailbox/port'
import { ErrorCode } from '@isthmus/proto/codec'
import { ANSWERS } from '../answers.ts'
import { fromDelivery, type LetterValue } from '../from-delivery.ts'
import { encodeResult, NEXT_TAIL, nextHead } from './messages/next.ts'
import type { RootField } from './plan.ts'
import { fill } from './shape.ts'

export class InboxSubscription {
  readonly id: string
  readonly #field: RootField
  readonly #head: string

  constructor(id: string, field: RootField) {
    this.id = id
    this.#field = field
    this.#head = `${nextHead(id)}{"${field.key}":`
  }

  /** The `next` message for a letter. */
  next(stored: StoredLetter): string {
    const letter = fromDelivery(stored)
    if (!letter) return this.#damaged(stored.sequence)
    return `${this.#head}${fill(this.#field.shape, (field) => jsonOf(letter, field))}}${NEXT_TAIL}`
  }

  /** Told rather than hidden: the client acknowledges it and goes on, instead of never seeing more. */
  #damaged(sequence: number): string {
    const { key, locations } = this.#field
    const message = `Letter ${sequence} is damaged in the mailbox: acknowledge it to go on.`
    const extensions = { code: ANSWERS[ErrorCode.MALFORMED].code, sequence }
    return encodeResult(this.id, [{ message, locations, path: [key], extensions }])
  }
}

const jsonOf = ({ sequence, sealed, acceptedAt }: LetterValue, field: string): string => {
  if (field === 'sealed') return `"${sealed}"`
  return String(field === 'sequence' ? sequence : acceptedAt)
}
