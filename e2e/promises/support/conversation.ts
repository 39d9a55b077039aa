/**
 * Two people who write to each other while others misbehave: what they write must arrive, in
 * order, soon, and on the connections that they have.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { RelayProcess } from '../../harness/relay.ts'
import { deviceOf } from './party.ts'
import { Phone } from './phone.ts'
import type { SeededPerson } from './seed.ts'

const PAUSE_MS = 20

export interface Told {
  readonly letters: number
  /** Milliseconds from a submission to its delivery, at most. */
  readonly worstMs: number
}

export class Conversation {
  readonly #stopping = new AbortController()
  readonly #running: Promise<Told>

  private constructor(one: Phone, two: Phone, people: readonly [SeededPerson, SeededPerson]) {
    this.#running = this.#talk(one, two, people)
    this.#running.catch(() => undefined)
  }

  static async begin(
    relay: RelayProcess,
    people: readonly [SeededPerson, SeededPerson],
  ): Promise<Conversation> {
    const [one, two] = people
    return new Conversation(
      await Phone.reading(relay, deviceOf(one)),
      await Phone.reading(relay, deviceOf(two)),
      people,
    )
  }

  /** @throws what went wrong between the two. */
  async end(): Promise<Told> {
    this.#stopping.abort()
    return this.#running
  }

  async #talk(
    one: Phone,
    two: Phone,
    [first, second]: readonly [SeededPerson, SeededPerson],
  ): Promise<Told> {
    let letters = 0
    let worstMs = 0
    while (!this.#stopping.signal.aborted) {
      for (const [from, reader, to] of [
        [one, two, second],
        [two, one, first],
      ] as const) {
        const sealed = randomBytes(200)
        const began = performance.now()
        const answer = await from.send(to, `c${letters}`, [{ device: deviceOf(to).id, sealed }])
        if (answer.error !== 'ACCEPTED') throw new Error(`not accepted: ${answer.error}`)
        const letter = await reader.take()
        if (!Buffer.from(letter.sealed).equals(sealed)) throw new Error('another letter came')
        worstMs = Math.max(worstMs, performance.now() - began)
        letters += 1
      }
      await wait(PAUSE_MS)
    }
    await Promise.all([one.close(), two.close()])
    return { letters, worstMs }
  }
}
