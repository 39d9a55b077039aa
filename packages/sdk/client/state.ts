/** What a client keeps in its store, and in which form. Keys begin with the device id. */
import { fromBase64, toBase64 } from '../bytes.ts'
import type { SealReason } from '../seal/error.ts'
import type { Store } from '../storage/port.ts'
import type { OutboxEntry } from './outbox.ts'

/** A letter that did not open. */
export interface UnopenedLetter {
  readonly sequence: number
  /** Milliseconds since the Unix epoch. */
  readonly acceptedAt: number
  readonly reason: SealReason
  readonly sealed: Uint8Array
}

export interface LoadedState {
  /** In the order of sending. */
  readonly outbox: readonly OutboxEntry[]
  readonly seen: readonly (readonly [string, number])[]
  readonly cursor: number
  /** Address to identity keys, in base64. */
  readonly identities: ReadonlyMap<string, readonly string[]>
  /** Renewed since the credentials were made. */
  readonly certificate: Uint8Array | undefined
}

interface StoredEntry extends Omit<OutboxEntry, 'content'> {
  readonly content: string
}

export class ClientState {
  readonly #store: Store
  readonly #prefix: string
  readonly #outboxKeys = new Map<string, string>()
  #nextIndex = 0

  constructor(store: Store, deviceId: string) {
    this.#store = store
    this.#prefix = `${deviceId}/`
  }

  async load(): Promise<LoadedState> {
    const [outbox, seen, identities, cursor, certificate] = await Promise.all([
      this.#folder('outbox/'),
      this.#folder('seen/'),
      this.#folder('identity/'),
      this.#folder('cursor'),
      this.#folder('certificate'),
    ])
    const kept = certificate.get('')
    return {
      outbox: this.#readOutbox(outbox),
      seen: [...seen].map(([key, at]) => [key, Number(at)] as const),
      cursor: Number(cursor.get('') ?? 0),
      identities: new Map(
        [...identities].map(([address, keys]) => [address, JSON.parse(keys) as string[]]),
      ),
      certificate: kept === undefined ? undefined : fromBase64(kept),
    }
  }

  putEntry(entry: OutboxEntry): Promise<void> {
    // As many digits as the largest index has, so that keys sort as numbers do.
    const key = `outbox/${String(this.#nextIndex++).padStart(16, '0')}`
    this.#outboxKeys.set(entry.id, key)
    const stored: StoredEntry = { ...entry, content: toBase64(entry.content) }
    return this.#put(key, JSON.stringify(stored))
  }

  async deleteEntry(id: string): Promise<void> {
    const key = this.#outboxKeys.get(id)
    this.#outboxKeys.delete(id)
    if (key !== undefined) await this.#store.delete(this.#prefix + key)
  }

  async putSeen(key: string, at: number, forgotten: readonly string[]): Promise<void> {
    const past = forgotten.map((old) => this.#store.delete(`${this.#prefix}seen/${old}`))
    await Promise.all([this.#put(`seen/${key}`, String(at)), ...past])
  }

  putCursor(cursor: number): Promise<void> {
    return this.#put('cursor', String(cursor))
  }

  putIdentities(address: string, keys: readonly string[]): Promise<void> {
    return this.#put(`identity/${address}`, JSON.stringify(keys))
  }

  putCertificate(certificate: Uint8Array): Promise<void> {
    return this.#put('certificate', toBase64(certificate))
  }

  putUnopened({ sequence, sealed, ...letter }: UnopenedLetter): Promise<void> {
    return this.#put(
      `unopened/${sequence}`,
      JSON.stringify({ ...letter, sealed: toBase64(sealed) }),
    )
  }

  async unopened(): Promise<readonly UnopenedLetter[]> {
    const letters = [...(await this.#folder('unopened/'))].map(([sequence, text]) => {
      const letter = JSON.parse(text) as Omit<UnopenedLetter, 'sealed'> & { sealed: string }
      return { ...letter, sequence: Number(sequence), sealed: fromBase64(letter.sealed) }
    })
    return letters.sort((a, b) => a.sequence - b.sequence)
  }

  async deleteUnopened(sequence: number): Promise<void> {
    await this.#store.delete(`${this.#prefix}unopened/${sequence}`)
  }

  #put(key: string, value: string): Promise<void> {
    return this.#store.put(this.#prefix + key, value)
  }

  /** The entries whose keys begin so, without it. */
  async #folder(name: string): Promise<Map<string, string>> {
    const prefix = this.#prefix + name
    const entries = await this.#store.entries(prefix)
    return new Map([...entries].map(([key, value]) => [key.slice(prefix.length), value]))
  }

  #readOutbox(stored: ReadonlyMap<string, string>): readonly OutboxEntry[] {
    return [...stored]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([index, text]) => {
        const entry = JSON.parse(text) as StoredEntry
        this.#outboxKeys.set(entry.id, `outbox/${index}`)
        this.#nextIndex = Number(index) + 1
        return { ...entry, content: fromBase64(entry.content) }
      })
  }
}
