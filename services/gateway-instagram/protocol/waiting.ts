/** The mutations of a socket whose submission waits for its answer. */
import type { Mutation } from './mutation.ts'

export class Waiting {
  readonly #byReference = new Map<number, Mutation>()
  /** Those of them that the client still wants to hear of, by operation id. */
  readonly #wanted = new Map<string, Mutation>()

  /** How many submissions wait, those included that nobody wants to hear of any more. */
  get size(): number {
    return this.#byReference.size
  }

  has(id: string): boolean {
    return this.#wanted.has(id)
  }

  add(reference: number, mutation: Mutation): void {
    this.#byReference.set(reference, mutation)
    this.#wanted.set(mutation.id, mutation)
  }

  /** The client does not want to hear of it any more. */
  drop(id: string): void {
    this.#wanted.delete(id)
  }

  /** The mutation that an answer is for; undefined if nobody wants to hear of it. */
  take(reference: number): Mutation | undefined {
    const mutation = this.#byReference.get(reference)
    this.#byReference.delete(reference)
    // The id may have been taken by another operation since.
    if (!mutation || this.#wanted.get(mutation.id) !== mutation) return undefined
    this.#wanted.delete(mutation.id)
    return mutation
  }
}
