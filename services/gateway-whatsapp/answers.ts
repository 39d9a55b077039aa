/**
 * What the relay says, in the words of XMPP: the closed set of error codes as stanza errors, the
 * reasons to end a session as stream errors, stream errors as WebSocket closes. The tables of
 * docs/protocols/xmpp.md are checked against these.
 */
import type { GoodbyeReason } from '@isthmus/gateway-core/protocol'
import { ErrorCode } from '@isthmus/proto/codec'

/** RFC 6120 section 8.3.2: what the sender may do about it. */
export type ErrorType = 'auth' | 'cancel' | 'modify' | 'wait'

export interface AnswerText {
  readonly type: ErrorType
  /** RFC 6120 section 8.3.3. */
  readonly condition: string
  /** The element of `urn:isthmus:errors:1` that tells the codes apart. */
  readonly element: string
  readonly text: string
}

export const ANSWERS = {
  // "It SHOULD be <service-unavailable/>" (RFC 6121, section 8.5.1): the same as for people who do
  // not want to be found.
  [ErrorCode.UNKNOWN_RECIPIENT]: {
    type: 'cancel',
    condition: 'service-unavailable',
    element: 'unknown-recipient',
    text: 'There is nobody at this address, or nobody whom you may write to.',
  },
  [ErrorCode.REFUSED]: {
    type: 'cancel',
    condition: 'not-allowed',
    element: 'refused',
    text: 'The recipient does not take messages from you.',
  },
  [ErrorCode.STALE_DEVICES]: {
    type: 'modify',
    condition: 'not-acceptable',
    element: 'stale-devices',
    text: "The letters do not fit the recipient's devices: fetch the devices again, seal for each of them and send again.",
  },
  [ErrorCode.MAILBOX_FULL]: {
    type: 'wait',
    condition: 'resource-constraint',
    element: 'mailbox-full',
    text: 'A mailbox of the recipient is full: try again later.',
  },
  [ErrorCode.TOO_LARGE]: {
    type: 'modify',
    condition: 'policy-violation',
    element: 'too-large',
    text: 'A letter, the submission or its id is over its size limit.',
  },
  [ErrorCode.MALFORMED]: {
    type: 'modify',
    condition: 'bad-request',
    element: 'malformed',
    text: 'The stanza does not follow the protocol.',
  },
  [ErrorCode.NOT_SEALED]: {
    type: 'modify',
    condition: 'not-acceptable',
    element: 'not-sealed',
    text: 'The relay carries sealed letters and nothing that it could read.',
  },
  [ErrorCode.RATE_LIMITED]: {
    type: 'wait',
    condition: 'policy-violation',
    element: 'rate-limited',
    text: 'Too much at a time: wait for retry-after-ms, then send again.',
  },
  [ErrorCode.UNAVAILABLE]: {
    type: 'wait',
    condition: 'resource-constraint',
    element: 'unavailable',
    text: 'The relay cannot do it now: wait for retry-after-ms, then send again under the same id.',
  },
  [ErrorCode.UNAUTHENTICATED]: {
    type: 'auth',
    condition: 'not-authorized',
    element: 'unauthenticated',
    text: 'The credentials are wrong, expired or revoked.',
  },
  [ErrorCode.FORBIDDEN]: {
    type: 'auth',
    condition: 'forbidden',
    element: 'forbidden',
    text: 'This account may not do this.',
  },
} as const satisfies Record<Exclude<ErrorCode, typeof ErrorCode.UNSPECIFIED>, AnswerText>

export type RefusalCode = keyof typeof ANSWERS

/** A code that this version does not know yet counts as "not now". */
export const answerText = (error: ErrorCode): AnswerText =>
  error in ANSWERS ? ANSWERS[error as RefusalCode] : ANSWERS[ErrorCode.UNAVAILABLE]

/**
 * Whether a client should connect again: `no` (it would end the same way), `yes` (after a random
 * wait of up to a few seconds), `later` (backing off exponentially).
 */
export type Reconnect = 'no' | 'yes' | 'later'

export interface StreamEnd {
  /** WebSocket close code. */
  readonly code: number
  readonly reconnect: Reconnect
}

const FAULTY = { code: 1002, reconnect: 'no' } as const
const FORBIDDEN = { code: 1008, reconnect: 'no' } as const

/** Stream errors (RFC 6120, section 4.9.3) that the gateway sends, and how the WebSocket ends. */
export const STREAM_ERRORS = {
  'bad-format': FAULTY,
  conflict: FORBIDDEN,
  'connection-timeout': { code: 1013, reconnect: 'later' },
  'host-unknown': FORBIDDEN,
  'internal-server-error': { code: 1011, reconnect: 'later' },
  'invalid-from': FORBIDDEN,
  'invalid-namespace': FAULTY,
  'not-authorized': FORBIDDEN,
  'not-well-formed': FAULTY,
  'policy-violation': FORBIDDEN,
  'resource-constraint': { code: 1013, reconnect: 'later' },
  'restricted-xml': FAULTY,
  'system-shutdown': { code: 1012, reconnect: 'yes' },
  'undefined-condition': FAULTY,
  'unsupported-stanza-type': FAULTY,
  'unsupported-version': FAULTY,
} as const satisfies Record<string, StreamEnd>

export type StreamCondition = keyof typeof STREAM_ERRORS

/** The end of a stream that its client closed. */
export const CLOSED_BY_CLIENT = { code: 1000, reconnect: 'yes' } as const satisfies StreamEnd

export interface Goodbye extends StreamEnd {
  readonly condition: StreamCondition
  readonly text: string
  /** Whether the session may be resumed (XEP-0198). */
  readonly resumable: boolean
}

/** Ends that the relay decides on. */
export const GOODBYES = {
  'going-away': {
    condition: 'system-shutdown',
    ...STREAM_ERRORS['system-shutdown'],
    text: 'The gateway restarts: connect again.',
    resumable: true,
  },
  replaced: {
    condition: 'conflict',
    ...STREAM_ERRORS.conflict,
    text: 'This device connected again; this stream gives way.',
    resumable: true,
  },
  revoked: {
    condition: 'not-authorized',
    ...STREAM_ERRORS['not-authorized'],
    text: 'The device was revoked: its token is not valid any more.',
    resumable: false,
  },
  'authentication-timeout': {
    condition: 'connection-timeout',
    ...STREAM_ERRORS['connection-timeout'],
    text: 'Nobody authenticated in time.',
    resumable: false,
  },
  'slow-reader': {
    condition: 'resource-constraint',
    ...STREAM_ERRORS['resource-constraint'],
    text: 'Letters were not acknowledged in time: connect again and catch up.',
    resumable: true,
  },
  'too-large': {
    condition: 'policy-violation',
    code: 1009,
    reconnect: 'no',
    text: 'A frame is over the size limit.',
    resumable: false,
  },
  'rate-limited': {
    condition: 'policy-violation',
    code: 1013,
    reconnect: 'later',
    text: 'Far too much at a time: wait before connecting again.',
    resumable: true,
  },
} as const satisfies Record<GoodbyeReason, Goodbye>
