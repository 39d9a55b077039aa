/**
 * What the relay says, in the words of GraphQL and of graphql-transport-ws: the closed set of error
 * codes as GraphQL errors, the reasons to end a session as WebSocket closes. The tables of
 * docs/protocols/graphql.md are checked against these.
 */
import type { GoodbyeReason } from '@isthmus/gateway-core/protocol'
import { ErrorCode, type Answer } from '@isthmus/proto/codec'

export interface AnswerText {
  /** `extensions.code` of the GraphQL error. */
  readonly code: string
  readonly message: string
}

export const ANSWERS = {
  [ErrorCode.UNKNOWN_RECIPIENT]: {
    code: 'UNKNOWN_RECIPIENT',
    message: 'There is nobody at this address, or nobody whom you may write to.',
  },
  [ErrorCode.REFUSED]: {
    code: 'REFUSED',
    message: 'The recipient does not take messages from you.',
  },
  [ErrorCode.STALE_DEVICES]: {
    code: 'STALE_DEVICES',
    message:
      "The letters do not fit the recipient's devices: fetch the devices again, seal for each of them and send again.",
  },
  [ErrorCode.MAILBOX_FULL]: {
    code: 'MAILBOX_FULL',
    message: 'A mailbox of the recipient is full: try again later.',
  },
  [ErrorCode.TOO_LARGE]: {
    code: 'TOO_LARGE',
    message: 'A letter, the submission or the query is over its size limit.',
  },
  [ErrorCode.MALFORMED]: {
    code: 'MALFORMED',
    message: 'The operation does not follow the schema or the contract of the submission.',
  },
  [ErrorCode.NOT_SEALED]: {
    code: 'NOT_SEALED',
    message: 'A letter is too short to be a sealed box; the relay carries nothing else.',
  },
  [ErrorCode.RATE_LIMITED]: {
    code: 'RATE_LIMITED',
    message: 'Too much at a time: wait for retryAfterMs, then send again.',
  },
  [ErrorCode.UNAVAILABLE]: {
    code: 'UNAVAILABLE',
    message:
      'The relay cannot do it now: wait for retryAfterMs, then send again under the same id.',
  },
  [ErrorCode.UNAUTHENTICATED]: {
    code: 'UNAUTHENTICATED',
    message: 'The credentials are wrong, expired or revoked.',
  },
  [ErrorCode.FORBIDDEN]: {
    code: 'FORBIDDEN',
    message: 'This account may not do this.',
  },
} as const satisfies Record<Exclude<ErrorCode, typeof ErrorCode.UNSPECIFIED>, AnswerText>

export type RefusalCode = keyof typeof ANSWERS

/** What a refused operation's GraphQL error carries beside its message. */
export interface Extensions {
  readonly code: string
  readonly missing?: readonly string[]
  readonly extra?: readonly string[]
  readonly retryAfterMs?: number
  /** Of a letter that can't be delivered. */
  readonly sequence?: number
}

/** A code that this version does not know yet counts as "not now". */
const textOf = (error: ErrorCode): AnswerText =>
  error in ANSWERS ? ANSWERS[error as RefusalCode] : ANSWERS[ErrorCode.UNAVAILABLE]

/** A refusing answer as the message and extensions of a GraphQL error. */
export const toRefusal = (answer: Answer): { message: string; extensions: Extensions } => {
  const { code, message } = textOf(answer.error)
  const { missing, extra, retryAfterMs } = answer
  const devices = answer.error === ErrorCode.STALE_DEVICES ? { missing, extra } : {}
  const wait = retryAfterMs > 0 ? { retryAfterMs } : {}
  return { message, extensions: { code, ...devices, ...wait } }
}

/**
 * Whether a client should connect again: `no` (it would end the same way), `yes` (after a random
 * wait of up to a few seconds), `later` (backing off exponentially). Codes that mean `no` are ones
 * on which graphql-ws' client gives up by itself, but for 4403.
 */
export type Reconnect = 'no' | 'yes' | 'later'

export interface Close {
  readonly code: number
  readonly reason: string
  readonly reconnect: Reconnect
}

/** Closes of the protocol itself. In reasons, `<...>` is filled in. */
export const CLOSES = {
  invalidMessage: { code: 4400, reason: 'Invalid message: <what is wrong>', reconnect: 'no' },
  unauthorized: { code: 4401, reason: 'Unauthorized', reconnect: 'no' },
  forbidden: { code: 4403, reason: 'Forbidden', reconnect: 'no' },
  initTimeout: { code: 4408, reason: 'Connection initialisation timeout', reconnect: 'yes' },
  subscriberExists: { code: 4409, reason: 'Subscriber for <id> already exists', reconnect: 'no' },
  tooManyInits: { code: 4429, reason: 'Too many initialisation requests', reconnect: 'no' },
  silent: { code: 4481, reason: 'Silent: nothing came, not even a pong', reconnect: 'yes' },
  internal: { code: 4500, reason: 'Internal server error', reconnect: 'later' },
  unavailable: { code: 1013, reason: 'Try again later', reconnect: 'later' },
} as const satisfies Record<string, Close>

/** Closes that the relay decides on. */
export const GOODBYES = {
  'going-away': { code: 1012, reason: 'Service restart', reconnect: 'yes' },
  replaced: { code: 1008, reason: 'Replaced: this device connected again', reconnect: 'no' },
  revoked: {
    code: 1008,
    reason: 'Revoked: the device token is not valid any more',
    reconnect: 'no',
  },
  'authentication-timeout': CLOSES.initTimeout,
  'slow-reader': { code: 4480, reason: 'Slow reader: catch up from the cursor', reconnect: 'yes' },
  'too-large': { code: 1009, reason: 'Message too big', reconnect: 'no' },
  'rate-limited': { code: 1013, reason: 'Rate limited', reconnect: 'later' },
} as const satisfies Record<GoodbyeReason, Close>

const MAX_REASON_BYTES = 123

/**
 * A close reason that fits its frame, 123 bytes of UTF-8 (RFC 6455, section 5.5). What fills the
 * template's `<...>` is cut between two characters if need be.
 */
export const closeReason = (template: string, filling = ''): string => {
  const hole = /<[^>]*>/
  const room = MAX_REASON_BYTES - utf8Length(template.replace(hole, ''))
  const { read } = new TextEncoder().encodeInto(filling, new Uint8Array(room))
  return template.replace(hole, () => filling.slice(0, read))
}

const utf8Length = (text: string): number => new TextEncoder().encode(text).length
