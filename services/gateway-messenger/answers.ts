/**
 * What this gateway says when it does not do what was asked: one table for each place where MQTT
 * lets a server refuse. docs/protocols/mqtt.md shows the same tables; a test compares them.
 */
import type { GoodbyeReason } from '@isthmus/gateway-core/protocol'
import { ErrorCode } from '@isthmus/proto/codec'
import { REASON, type ReasonCode } from './protocol/reason-codes.ts'
import type { ViolationKind } from './protocol/violation.ts'

/**
 * Whether a client should connect again: `no` (it would end the same way), `yes` (after a random
 * wait of up to a few seconds), `later` (backing off exponentially).
 */
export type Reconnect = 'no' | 'yes' | 'later'

export interface Close {
  /** WebSocket close code. */
  readonly code: number
  readonly reconnect: Reconnect
}

/** How the WebSocket ends. */
export const CLOSES = {
  /** The client said DISCONNECT. */
  done: { code: 1000, reconnect: 'yes' },
  protocolError: { code: 1002, reconnect: 'no' },
  textMessage: { code: 1003, reconnect: 'no' },
  notAllowed: { code: 1008, reconnect: 'no' },
  tooLarge: { code: 1009, reconnect: 'no' },
  internal: { code: 1011, reconnect: 'later' },
  restart: { code: 1012, reconnect: 'yes' },
  tryLater: { code: 1013, reconnect: 'later' },
  loginTimeout: { code: 4408, reconnect: 'yes' },
  slowReader: { code: 4480, reconnect: 'yes' },
  silent: { code: 4481, reconnect: 'yes' },
} as const satisfies Record<string, Close>

export interface AnswerText {
  /** The user property `error` of an MQTT 5 PUBACK, and an MQTT 3.1.1 close reason. */
  readonly error: string
  /** MQTT 5: the PUBACK's reason code. */
  readonly reasonCode: ReasonCode
  /** MQTT 3.1.1 without a subscription to `answers/...`: how the connection is closed. */
  readonly close: Close
  /** MQTT 5: the PUBACK's reason string. */
  readonly text: string
}

/** The closed set of error codes: a refused PUBLISH. */
export const ANSWERS = {
  [ErrorCode.UNKNOWN_RECIPIENT]: {
    error: 'UNKNOWN_RECIPIENT',
    reasonCode: REASON.topicNameInvalid,
    close: CLOSES.notAllowed,
    text: 'There is nobody at this address, or nobody whom you may write to.',
  },
  [ErrorCode.REFUSED]: {
    error: 'REFUSED',
    reasonCode: REASON.notAuthorized,
    close: CLOSES.notAllowed,
    text: 'The recipient does not take messages from you.',
  },
  [ErrorCode.STALE_DEVICES]: {
    error: 'STALE_DEVICES',
    reasonCode: REASON.implementationSpecificError,
    close: CLOSES.notAllowed,
    text: "The letters do not fit the recipient's devices: fetch the devices again, seal for each of them and publish again.",
  },
  [ErrorCode.MAILBOX_FULL]: {
    error: 'MAILBOX_FULL',
    reasonCode: REASON.quotaExceeded,
    close: CLOSES.tryLater,
    text: 'A mailbox of the recipient is full: try again later.',
  },
  [ErrorCode.TOO_LARGE]: {
    error: 'TOO_LARGE',
    reasonCode: REASON.quotaExceeded,
    close: CLOSES.tooLarge,
    text: 'A letter, the submission or its id is over its size limit.',
  },
  [ErrorCode.MALFORMED]: {
    error: 'MALFORMED',
    reasonCode: REASON.payloadFormatInvalid,
    close: CLOSES.notAllowed,
    text: 'The payload is not a valid SealedEnvelope.',
  },
  [ErrorCode.NOT_SEALED]: {
    error: 'NOT_SEALED',
    reasonCode: REASON.payloadFormatInvalid,
    close: CLOSES.notAllowed,
    text: 'A letter is too short to be a sealed box; the relay carries nothing else.',
  },
  [ErrorCode.RATE_LIMITED]: {
    error: 'RATE_LIMITED',
    reasonCode: REASON.quotaExceeded,
    close: CLOSES.tryLater,
    text: 'Too much at a time: wait for retry-after-ms, then publish again.',
  },
  [ErrorCode.UNAVAILABLE]: {
    error: 'UNAVAILABLE',
    reasonCode: REASON.unspecifiedError,
    close: CLOSES.tryLater,
    text: 'The relay cannot do it now: wait for retry-after-ms, then publish again under the same id.',
  },
  [ErrorCode.UNAUTHENTICATED]: {
    error: 'UNAUTHENTICATED',
    reasonCode: REASON.notAuthorized,
    close: CLOSES.notAllowed,
    text: 'The credentials are wrong, expired or revoked.',
  },
  [ErrorCode.FORBIDDEN]: {
    error: 'FORBIDDEN',
    reasonCode: REASON.notAuthorized,
    close: CLOSES.notAllowed,
    text: 'This account may not publish there: topics for publishing are to/<network>/<handle>.',
  },
} as const satisfies Record<Exclude<ErrorCode, typeof ErrorCode.UNSPECIFIED>, AnswerText>

export type RefusalCode = keyof typeof ANSWERS

/** A code that this version does not know yet counts as "not now". */
export const answerText = (error: ErrorCode): AnswerText =>
  error in ANSWERS ? ANSWERS[error as RefusalCode] : ANSWERS[ErrorCode.UNAVAILABLE]

/** What refuses a CONNECT, with a CONNACK where the version has a code for it. */
export type ConnectRefusalKind =
  | 'unsupported-version'
  | 'client-identifier-invalid'
  | 'not-authenticated'
  | 'unavailable'
  | 'will-refused'
  | 'will-retain-refused'
  | 'will-qos-refused'
  | 'authentication-method-unknown'
  | 'maximum-packet-size-too-small'
  | Extract<ViolationKind, 'malformed-packet' | 'protocol-error' | 'quota-exceeded'>

export interface ConnectRefusal {
  readonly reasonCode: ReasonCode
  /** MQTT 3.1.1's return code; undefined: no CONNACK, only the close. */
  readonly returnCode: number | undefined
  readonly close: Close
}

export const CONNECT_REFUSALS = {
  'unsupported-version': {
    reasonCode: REASON.unsupportedProtocolVersion,
    returnCode: 1,
    close: CLOSES.protocolError,
  },
  'client-identifier-invalid': {
    reasonCode: REASON.clientIdentifierNotValid,
    returnCode: 2,
    close: CLOSES.notAllowed,
  },
  'not-authenticated': {
    reasonCode: REASON.badUserNameOrPassword,
    returnCode: 4,
    close: CLOSES.notAllowed,
  },
  unavailable: { reasonCode: REASON.serverUnavailable, returnCode: 3, close: CLOSES.tryLater },
  'will-refused': { reasonCode: REASON.notAuthorized, returnCode: 5, close: CLOSES.notAllowed },
  'will-retain-refused': {
    reasonCode: REASON.retainNotSupported,
    returnCode: 5,
    close: CLOSES.notAllowed,
  },
  'will-qos-refused': {
    reasonCode: REASON.qosNotSupported,
    returnCode: 5,
    close: CLOSES.notAllowed,
  },
  'authentication-method-unknown': {
    reasonCode: REASON.badAuthenticationMethod,
    returnCode: undefined,
    close: CLOSES.notAllowed,
  },
  'maximum-packet-size-too-small': {
    reasonCode: REASON.implementationSpecificError,
    returnCode: undefined,
    close: CLOSES.notAllowed,
  },
  'malformed-packet': {
    reasonCode: REASON.malformedPacket,
    returnCode: undefined,
    close: CLOSES.protocolError,
  },
  'protocol-error': {
    reasonCode: REASON.protocolError,
    returnCode: undefined,
    close: CLOSES.protocolError,
  },
  'quota-exceeded': {
    reasonCode: REASON.quotaExceeded,
    returnCode: undefined,
    close: CLOSES.notAllowed,
  },
} as const satisfies Record<ConnectRefusalKind, ConnectRefusal>

/** MQTT 5, once the CONNACK is sent: a DISCONNECT and the close. MQTT 3.1.1: only the close. */
export interface Disconnection {
  readonly reasonCode: ReasonCode
  readonly close: Close
}

/** A client's violation of the protocol. Its reason string says what was wrong. */
export const VIOLATIONS = {
  'malformed-packet': { reasonCode: REASON.malformedPacket, close: CLOSES.protocolError },
  'protocol-error': { reasonCode: REASON.protocolError, close: CLOSES.protocolError },
  'text-message': { reasonCode: REASON.protocolError, close: CLOSES.textMessage },
  'publish-without-answer': {
    reasonCode: REASON.implementationSpecificError,
    close: CLOSES.notAllowed,
  },
  'topic-filter-invalid': { reasonCode: REASON.topicFilterInvalid, close: CLOSES.protocolError },
  'topic-name-invalid': { reasonCode: REASON.topicNameInvalid, close: CLOSES.protocolError },
  'receive-maximum-exceeded': {
    reasonCode: REASON.receiveMaximumExceeded,
    close: CLOSES.notAllowed,
  },
  'topic-alias-invalid': { reasonCode: REASON.topicAliasInvalid, close: CLOSES.protocolError },
  'packet-too-large': { reasonCode: REASON.packetTooLarge, close: CLOSES.tooLarge },
  'quota-exceeded': { reasonCode: REASON.quotaExceeded, close: CLOSES.notAllowed },
  'retain-not-supported': { reasonCode: REASON.retainNotSupported, close: CLOSES.notAllowed },
  'qos-not-supported': { reasonCode: REASON.qosNotSupported, close: CLOSES.notAllowed },
  'keep-alive-timeout': { reasonCode: REASON.keepAliveTimeout, close: CLOSES.silent },
} as const satisfies Record<ViolationKind, Disconnection>

export interface Goodbye extends Disconnection {
  /** The reason string, and the WebSocket close reason. */
  readonly text: string
}

/** Ends that the relay decides on. */
export const GOODBYES = {
  'going-away': {
    reasonCode: REASON.serverShuttingDown,
    close: CLOSES.restart,
    text: 'The gateway restarts: connect again.',
  },
  replaced: {
    reasonCode: REASON.sessionTakenOver,
    close: CLOSES.notAllowed,
    text: 'This device connected again; this connection gives way.',
  },
  revoked: {
    reasonCode: REASON.notAuthorized,
    close: CLOSES.notAllowed,
    text: 'The device was revoked: its token is not valid any more.',
  },
  'authentication-timeout': {
    reasonCode: REASON.notAuthorized,
    close: CLOSES.loginTimeout,
    text: 'Nobody authenticated in time.',
  },
  'slow-reader': {
    reasonCode: REASON.quotaExceeded,
    close: CLOSES.slowReader,
    text: 'Letters were not acknowledged in time: connect again and catch up.',
  },
  'too-large': {
    reasonCode: REASON.packetTooLarge,
    close: CLOSES.tooLarge,
    text: 'A message is over the size limit.',
  },
  'rate-limited': {
    reasonCode: REASON.messageRateTooHigh,
    close: CLOSES.tryLater,
    text: 'Far too much at a time: wait before connecting again.',
  },
} as const satisfies Record<GoodbyeReason, Goodbye>

/** A fault of ours. */
export const INTERNAL = {
  reasonCode: REASON.unspecifiedError,
  close: CLOSES.internal,
  text: 'The gateway has failed here: connect again.',
} as const satisfies Goodbye
