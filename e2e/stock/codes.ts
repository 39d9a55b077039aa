/**
 * What the pages in docs/protocols promise: how each dialect says why a submission is refused, and
 * why the relay ends a connection.
 */
import type { End, Outcome } from './client.ts'

export type Dialect = 'xmpp' | 'mqtt4' | 'mqtt5' | 'graphql'

export type Refusal =
  | 'UNKNOWN_RECIPIENT'
  | 'REFUSED'
  | 'STALE_DEVICES'
  | 'MAILBOX_FULL'
  | 'TOO_LARGE'
  | 'MALFORMED'
  | 'NOT_SEALED'
  | 'RATE_LIMITED'

const XMPP: Readonly<Record<Refusal, string>> = {
  UNKNOWN_RECIPIENT: 'cancel/service-unavailable',
  REFUSED: 'cancel/not-allowed',
  STALE_DEVICES: 'modify/not-acceptable',
  MAILBOX_FULL: 'wait/resource-constraint',
  TOO_LARGE: 'modify/policy-violation',
  MALFORMED: 'modify/bad-request',
  NOT_SEALED: 'modify/not-acceptable',
  RATE_LIMITED: 'wait/policy-violation',
}

const MQTT_5: Readonly<Record<Refusal, string>> = {
  UNKNOWN_RECIPIENT: '0x90',
  REFUSED: '0x87',
  STALE_DEVICES: '0x83',
  MAILBOX_FULL: '0x97',
  TOO_LARGE: '0x97',
  MALFORMED: '0x99',
  NOT_SEALED: '0x99',
  RATE_LIMITED: '0x97',
}

/** A refusal as a client of this dialect must see it. */
export const refusal = (dialect: Dialect, answer: Refusal): Pick<Outcome, 'answer' | 'code'> => {
  if (dialect === 'xmpp') return { answer, code: XMPP[answer] }
  return { answer, code: dialect === 'mqtt5' ? MQTT_5[answer] : answer }
}

export type Goodbye = 'replaced' | 'revoked' | 'going-away' | 'slow-reader'

const GOODBYES: Readonly<Record<Goodbye, Readonly<Record<Dialect, End>>>> = {
  replaced: {
    xmpp: { code: 1008, condition: 'conflict' },
    mqtt4: { code: 1008, condition: '' },
    mqtt5: { code: 1008, condition: '0x8e' },
    graphql: { code: 1008, condition: '' },
  },
  revoked: {
    xmpp: { code: 1008, condition: 'not-authorized' },
    mqtt4: { code: 1008, condition: '' },
    mqtt5: { code: 1008, condition: '0x87' },
    graphql: { code: 1008, condition: '' },
  },
  'going-away': {
    xmpp: { code: 1012, condition: 'system-shutdown' },
    mqtt4: { code: 1012, condition: '' },
    mqtt5: { code: 1012, condition: '0x8b' },
    graphql: { code: 1012, condition: '' },
  },
  'slow-reader': {
    xmpp: { code: 1013, condition: 'resource-constraint' },
    mqtt4: { code: 4480, condition: '' },
    mqtt5: { code: 4480, condition: '0x97' },
    graphql: { code: 4480, condition: '' },
  },
}

/** An end as a client of this dialect must see it; not all libraries tell the close code. */
export const goodbye = (dialect: Dialect, reason: Goodbye, { code }: End): End => {
  const end = GOODBYES[reason][dialect]
  return code === undefined ? { ...end, code } : end
}
