/** From a letter as it lies in the mailbox to the stanza that carries it to its device. Pure. */
import type { StoredLetter } from '@isthmus/mailbox/port'
import { delivery } from '@isthmus/proto/codec'
import { encodeBase64 } from './protocol/base64.ts'
import { NS } from './protocol/namespaces.ts'

/**
 * @param from the gateway's domain: the relay does not know who sent the letter
 * @param to the device's full JID; both are JIDs of canonical handles and need no escaping
 * @returns undefined if the bytes are not a Delivery: the store is damaged
 */
export const fromDelivery = (
  letter: StoredLetter,
  from: string,
  to: string,
): string | undefined => {
  const { sequence } = letter
  try {
    const { sealed, acceptedAt } = delivery.decode(letter.bytes)
    return (
      `<message xmlns='${NS.client}' from='${from}' to='${to}' id='${sequence}' type='chat'>` +
      `<letter xmlns='${NS.sealed}' sequence='${sequence}' accepted='${acceptedAt}'>` +
      `${encodeBase64(sealed)}</letter></message>`
    )
  } catch {
    return undefined
  }
}
