/** Why a message was not sent. */

/** The relay's closed set (error.proto), as words. */
export const RELAY_CODES = [
  'unknown-recipient',
  'refused',
  'stale-devices',
  'mailbox-full',
  'too-large',
  'malformed',
  'not-sealed',
  'rate-limited',
  'unavailable',
  'unauthenticated',
  'forbidden',
] as const

export type RelayCode = (typeof RELAY_CODES)[number]

/** From any spelling that a protocol has for it; what this version does not know is "not now". */
export const toRelayCode = (text: string): RelayCode => {
  const code = text.toLowerCase().replaceAll('_', '-')
  return RELAY_CODES.find((known) => known === code) ?? 'unavailable'
}

const MEANING: Record<SendCode, string> = {
  'unknown-recipient': 'there is nobody at this address, or nobody whom you may write to',
  refused: 'the recipient does not take messages from you',
  'stale-devices': "the recipient's devices kept changing while the message was sealed for them",
  'mailbox-full': "the recipient's mailbox stayed full",
  'too-large': 'the message is over the size limit',
  malformed: 'the message does not follow the protocol',
  'not-sealed': 'the message was not sealed',
  'rate-limited': 'too many messages in too short a time',
  unavailable: 'the relay or the directory could not be reached in time',
  unauthenticated: "this device's token is wrong, expired or revoked",
  forbidden: 'this account may not do this',
  'bad-certificate': 'nobody vouches for a device that the directory names for the recipient',
  closed: 'the client was closed before the relay answered; the message stays in the outbox',
  storage: 'the message could not be stored in the outbox',
}

/** The relay's codes and what can go wrong before the relay is asked. */
export type SendCode = RelayCode | 'bad-certificate' | 'closed' | 'storage'

export class SendError extends Error {
  override readonly name = 'SendError'
  readonly code: SendCode

  constructor(code: SendCode, options?: ErrorOptions) {
    super(MEANING[code], options)
    this.code = code
  }
}
