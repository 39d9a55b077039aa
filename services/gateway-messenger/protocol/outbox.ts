/**
 * Letters on their way to the client: which were sent under which packet id, and what to do with
 * one that the core delivers (again).
 *
 * - Within a connection a letter is sent once: "Clients and Servers MUST NOT resend messages at any
 *   other time" than after a reconnection (MQTT 5, 4.4).
 * - After a reconnection to a kept session what was not acknowledged is sent again, with DUP
 *   [MQTT-3.3.1-1] and its old packet id [MQTT-4.4.0-1]; what was acknowledged is not.
 * - A packet id that is still in use makes its letter wait, and those behind it, so that order holds.
 *   It takes a hole of 65,535 sequences to get there.
 */
import type { StoredLetter } from '@isthmus/mailbox/port'
import { packetIdOf } from '../from-delivery.ts'
import type { SessionState } from './session.ts'

/** What to do with a delivered letter. */
export type Judgement = 'send' | 'send-again' | 'acknowledged-before' | 'nothing'

export class Outbox {
  /** Packet ids to sequences: sent on this connection, not acknowledged. */
  readonly #sent = new Map<number, number>()
  readonly #waiting: StoredLetter[] = []
  /** Sent on an earlier connection of this session, neither acknowledged nor sent again. */
  readonly #resumed: Set<number>
  #highest: number

  constructor(session?: SessionState) {
    this.#resumed = new Set(session?.unacknowledged)
    this.#highest = session?.highest ?? 0
  }

  /** Judges a letter; `send` and `send-again` count it as sent. */
  judge(letter: StoredLetter): Judgement {
    const { sequence } = letter
    const id = packetIdOf(sequence)
    const holder = this.#sent.get(id)
    if (holder === sequence) return 'nothing'
    if (holder !== undefined || this.#waiting.length > 0) {
      this.#waiting.push(letter)
      return 'nothing'
    }
    if (sequence > this.#highest) {
      this.#highest = sequence
      this.#sent.set(id, sequence)
      return 'send'
    }
    if (!this.#resumed.delete(sequence)) return 'acknowledged-before'
    this.#sent.set(id, sequence)
    return 'send-again'
  }

  /** The sequence that a packet id stands for; undefined if it is not in use. */
  acknowledge(packetId: number): number | undefined {
    const sequence = this.#sent.get(packetId)
    this.#sent.delete(packetId)
    return sequence
  }

  /** Takes the letters that waited for a packet id, to be judged again. */
  takeWaiting(): readonly StoredLetter[] {
    return this.#waiting.length > 0 ? this.#waiting.splice(0) : NONE
  }

  /** Deliveries have stopped: what waits will be delivered again. */
  stop(): void {
    this.#waiting.length = 0
  }

  progress(): Pick<SessionState, 'highest' | 'unacknowledged'> {
    const unacknowledged = [...this.#resumed, ...this.#sent.values()].sort((a, b) => a - b)
    return { highest: this.#highest, unacknowledged }
  }
}

const NONE: readonly StoredLetter[] = []
