/**
 * The identity keys under which people were met: in letters that they sent, and in the directory's
 * answers. A new key for somebody who is known already is worth a word to the user: a new phone
 * without the old one's keys, or somebody in between.
 */
import { toBase64 } from '../bytes.ts'
import type { LoadedState } from './state.ts'

/** For one address; people who linked accounts have one key for each. */
const MAX_KEYS = 64

export class Identities {
  readonly #known: Map<string, readonly string[]>

  constructor(known: LoadedState['identities']) {
    this.#known = new Map(known)
  }

  /**
   * Takes note of a key.
   * @returns undefined if it was known; otherwise the keys to keep, and whether others came before.
   */
  met(
    address: string,
    identityKey: Uint8Array,
  ): { readonly keys: readonly string[]; readonly isChange: boolean } | undefined {
    const key = toBase64(identityKey)
    const before = this.#known.get(address) ?? []
    if (before.includes(key)) return undefined
    const keys = [...before, key].slice(-MAX_KEYS)
    this.#known.set(address, keys)
    return { keys, isChange: before.length > 0 }
  }
}
