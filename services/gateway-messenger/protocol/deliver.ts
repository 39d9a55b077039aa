/** Letters to the client (section 3.3, server to client). */
import type { StoredLetter } from '@isthmus/mailbox/port'
import { fromDelivery } from '../from-delivery.ts'
import type { Connection } from './connection.ts'

export const deliverLetter = (connection: Connection, letter: StoredLetter): void => {
  const { effects, outbox, version } = connection
  if (connection.state !== 'connected' || !connection.inbox) return
  switch (outbox.judge(letter)) {
    case 'send':
      return effects.send(fromDelivery(letter, connection.inboxTopic, false, version))
    case 'send-again':
      return effects.send(fromDelivery(letter, connection.inboxTopic, true, version))
    case 'acknowledged-before':
      // Its PUBACK came in this session, the cursor had not reached it.
      return effects.acknowledgeOne(letter.sequence)
    case 'nothing':
  }
}
