/** From a letter as it lies in the mailbox to a value of the schema's type Letter. Pure. */
import type { StoredLetter } from '@isthmus/mailbox/port'
import { delivery } from '@isthmus/proto/codec'

/** The fields of `Letter`; bytes in base64. */
export interface LetterValue {
  readonly sequence: number
  readonly sealed: string
  readonly acceptedAt: number
}

/** @returns undefined if the bytes are not a Delivery: the store is damaged. */
export const fromDelivery = ({ sequence, bytes }: StoredLetter): LetterValue | undefined => {
  try {
    const { sealed, acceptedAt } = delivery.decode(bytes)
    const view = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length)
    return { sequence, sealed: view.toString('base64'), acceptedAt }
  } catch {
    return undefined
  }
}
