/** Keyed hashes of addresses, remembered: a conversation asks for the same ones again and again. */
import { formatAddress, type Address } from '@isthmus/runtime/address'
import type { AccountId, IdKeys, PairTag } from '@isthmus/runtime/ids'
import { BoundedMap } from '@isthmus/runtime/bounded-map'

export interface Pair {
  readonly recipient: AccountId
  readonly pairTag: PairTag
}

export class Accounts {
  readonly #ids: IdKeys
  readonly #pairs = new BoundedMap<string, Pair>(50_000)

  constructor(ids: IdKeys) {
    this.#ids = ids
  }

  of(address: Address): AccountId {
    return this.#ids.accountId(formatAddress(address))
  }

  pair(sender: AccountId, to: Address): Pair {
    const key = `${sender}${to.network}:${to.handle}`
    const known = this.#pairs.get(key)
    if (known) return known
    const recipient = this.of(to)
    const pair = { recipient, pairTag: this.#ids.pairTag(recipient, sender) }
    this.#pairs.set(key, pair)
    return pair
  }
}
