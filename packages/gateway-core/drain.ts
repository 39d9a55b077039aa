/** Ends a gateway's sessions without losing a word of what is under way. */
import type { WebSocketConnection } from './connection.ts'
import type { Gateway } from './gateway.ts'
import type { Session } from './session.ts'

const LAST_WAIT_MS = 2000

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Says goodbye to every session, in random order spread over `graceMs` so that they do not all
 * reconnect at once, each after the answers to its submissions.
 */
export const drain = async (
  live: ReadonlyMap<Session, WebSocketConnection>,
  gateway: Gateway,
  graceMs: number,
): Promise<void> => {
  const sessions = [...live.keys()].sort(() => Math.random() - 0.5)
  const gap = sessions.length > 0 ? graceMs / sessions.length : 0
  let due = 0
  for (const session of sessions) {
    due += gap
    if (due >= 10) {
      await sleep(due)
      due = 0
    }
    session.leave()
  }
  await gateway.drainLanes()
  const until = Date.now() + LAST_WAIT_MS
  while (live.size > 0 && Date.now() < until) await sleep(10)
  for (const connection of live.values()) connection.terminate()
}
