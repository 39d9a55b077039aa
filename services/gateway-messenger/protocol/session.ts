/**
 * What of a session outlives its connection: the subscriptions, and which letters the client was
 * sent but has not acknowledged. The letters themselves are not session state: they wait in the
 * device's mailbox whatever becomes of the session, so discarding one loses nothing.
 *
 * MQTT 3.1.1 has a session without clean session last for ever [MQTT-3.1.2-4]; this server keeps it
 * for a bounded time, and answers Session Present 0 after it, whereupon a client subscribes again.
 */
import type { Connection } from './connection.ts'

export interface SessionState {
  /** Whether the client is subscribed to its inbox. */
  readonly inbox: boolean
  /** Whether the client is subscribed to its answers. */
  readonly answers: boolean
  /** The highest sequence that was sent. */
  readonly highest: number
  /** Sequences up to `highest` that were sent and not acknowledged. */
  readonly unacknowledged: readonly number[]
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** What `effects.recall` gave back, if it is a session that has not expired. */
export const resumable = (kept: unknown, now: number): SessionState | undefined => {
  const session = kept as SessionState | undefined
  return session && session.expiresAt > now ? session : undefined
}

/** The session as it is kept; undefined if it ends with its connection. */
export const sessionOf = (connection: Connection, now: number): SessionState | undefined => {
  const { sessionExpiry, inbox, answers, outbox } = connection
  // [MQTT-3.1.2-23] (5): stored "if the Session Expiry Interval is greater than 0".
  if (sessionExpiry === 0) return undefined
  return { inbox, answers, ...outbox.progress(), expiresAt: now + sessionExpiry * 1_000 }
}
