/** What the client's stories say often. */
import type { IsthmusClient } from '../client.ts'
import type { Message, StateEvent } from '../client/events.ts'
import { encodeContent } from '../content.ts'
import type { Credentials } from '../credentials.ts'
import { SendError } from '../errors.ts'
import { sealLetter } from '../seal/letter.ts'
import type { TestDevice } from './realm.ts'
import { within } from './wait.ts'

export const ADA = 'instagram:ada'
export const BOB = 'whatsapp:14155550123'

/** The messages' texts, or their kinds. */
export const bodies = (messages: readonly Message[]): string[] =>
  messages.map(({ content }) => ('body' in content ? content.body : content.kind))

/** How a sending ended: `accepted`, or the error's code. */
export const codeOf = (accepted: Promise<void>): Promise<string> =>
  within(accepted, 'the answer').then(
    () => 'accepted',
    (error: unknown) => (error instanceof SendError ? error.code : String(error)),
  )

/** A letter with the text `text of ID`, sealed by hand. */
export const letterTo = (
  to: Credentials,
  from: Credentials | TestDevice,
  id: string,
): Promise<Uint8Array> => {
  const header = { id, sentAt: 1_795_411_827_000, to: to.address }
  const content = encodeContent(header, { kind: 'text', body: `text of ${id}` })
  return sealLetter(content, from, to.x25519.publicKey)
}

/** The states that the client tells from now on. */
export const statesOf = (client: IsthmusClient): StateEvent[] => {
  const states: StateEvent[] = []
  client.on('state', (event) => states.push(event))
  return states
}
