/**
 * The states of a connection (docs/protocols/graphql.md, "States") and what each message of the
 * client does in them.
 *
 * - opened: the WebSocket is open; connection_init has not come.
 * - authenticating: connection_init has come, the directory is asked.
 * - acknowledged: connection_ack was sent, operations may run.
 * - closed: a close was asked for; whatever still comes is not read.
 *
 * "Executing operations is allowed only after the server has acknowledged the connection": a
 * subscribe before that closes with 4401. "If the server receives more than one ConnectionInit
 * message at any given time": 4429. Ping and pong "can be sent at any time". A complete for an id
 * that is not known "does not constitute an error", so neither does one before the acknowledgement.
 */
import type { CLOSES } from '../answers.ts'
import type { ClientMessage } from './messages/message.ts'

export type State = 'opened' | 'authenticating' | 'acknowledged' | 'closed'

/** `take`: the message does what it is for. Or the close that it brings. */
export type Verdict = 'take' | 'ignore' | keyof typeof CLOSES

export const VERDICTS = {
  opened: {
    connection_init: 'take',
    ping: 'take',
    pong: 'take',
    subscribe: 'unauthorized',
    complete: 'ignore',
  },
  authenticating: {
    connection_init: 'tooManyInits',
    ping: 'take',
    pong: 'take',
    subscribe: 'unauthorized',
    complete: 'ignore',
  },
  acknowledged: {
    connection_init: 'tooManyInits',
    ping: 'take',
    pong: 'take',
    subscribe: 'take',
    complete: 'take',
  },
  closed: {
    connection_init: 'ignore',
    ping: 'ignore',
    pong: 'ignore',
    subscribe: 'ignore',
    complete: 'ignore',
  },
} as const satisfies Record<State, Record<ClientMessage['type'], Verdict>>
