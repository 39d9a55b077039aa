/**
 * The directory's store: accounts with their devices, people, consents, one-time codes and account
 * tokens. It holds keyed hashes, public keys, hashes of tokens and of passwords, and nothing that
 * names a person: no handle, phone number, e-mail address or display name (P5).
 *
 * Guarantees, on every adapter:
 * - durable: a write resolves when it is on disk, and a read that starts after that sees it.
 * - one record at a time: every write is atomic for each record that it touches and for no more.
 *   What must change together is therefore one record (an account with its devices), and what
 *   spans records is written in an order in which every prefix is safe. So MongoDB and FerretDB
 *   can keep this port without transactions: lookups by _id, compare-and-set on `version`, unique
 *   keys, and `expiresAt` compared by the store itself, whenever the record is swept away.
 * - compare-and-set: `replace…` stores a record only over the version that it carries, and gives
 *   it the next one. The loser of a race reads again and decides again.
 * - reads are of records by key, or of pages; none holds up the event loop or waits for more than
 *   the write that is under way.
 *
 * @throws DirectoryStoreError `unavailable`, from any method, when the store can't be reached,
 * can't write (disk full) or is closed: a write may or may not have happened, a read has not.
 */
import type { Network } from '@isthmus/runtime/address'
import type { AccountId, DeviceId, PairTag } from '@isthmus/runtime/ids'

/** One network's sign-up. */
export interface AccountRecord {
  readonly id: AccountId
  /** 1 when created, then 1 more with each replacement. */
  readonly version: number
  readonly network: Network
  /** The person whose account it is; see PersonRecord. */
  readonly personId: string
  /** Ed25519, 32 bytes; undefined until the first device is registered. */
  readonly identityKey: Uint8Array | undefined
  /** A PHC string; undefined on networks without passwords. */
  readonly passwordHash: string | undefined
  readonly devices: readonly DeviceRecord[]
}

export interface DeviceRecord {
  readonly id: DeviceId
  /** SHA-256 of the device token, unpadded base64url. */
  readonly tokenHash: string
  /** Public keys, 32 bytes each. */
  readonly x25519: Uint8Array
  readonly ed25519: Uint8Array
  /** By the account's identity key, 64 bytes. */
  readonly identitySignature: Uint8Array
  /** RFC 5802 section 3, SHA-256, 32 bytes each. */
  readonly scramStoredKey: Uint8Array
  readonly scramServerKey: Uint8Array
  /** Milliseconds since the Unix epoch. */
  readonly registeredAt: number
}

/**
 * The accounts of one person. An account belongs to the person whom it names in `personId`; a
 * person's list may, while accounts are moved, hold accounts that do not (yet, or any more) name
 * the person, and those do not count.
 */
export interface PersonRecord {
  /** 22 characters, random. */
  readonly id: string
  readonly version: number
  readonly accountIds: readonly AccountId[]
  /** Who may write without having been allowed. */
  readonly reach: Reach
  /** The networks on which the person is reached; undefined: on all. */
  readonly networks: readonly Network[] | undefined
}

/**
 * A person with the accounts that count: those of the list that name the person, in its order, and
 * in any case the one that was asked for.
 */
export interface PersonView {
  readonly person: PersonRecord
  readonly accounts: readonly AccountRecord[]
}

export type Reach = 'everyone' | 'allowed'
export type ConsentValue = 'allowed' | 'blocked'

export interface ConsentRecord {
  /** Of the account that consents, as the recipient, and the other, as the sender. */
  readonly tag: PairTag
  /**
   * The tag of the pair that the person spoke of. It differs from `tag` where the same word also
   * holds for another account of the other person.
   */
  readonly about: PairTag
  /** A keyed hash of the consenting account's id: groups its consents, without naming it. */
  readonly owner: string
  readonly consent: ConsentValue
  /** Sealed by the service: whom it is about, for when the owner links another account. */
  readonly sealedPeer: Uint8Array
}

export interface CodeRecord {
  /** A keyed hash of the phone number. */
  readonly phoneKey: string
  /** A keyed hash of the phone number and the code. */
  readonly codeHash: string
  readonly triesLeft: number
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number
}

export interface AccountTokenRecord {
  /** SHA-256 of the account token, unpadded base64url. */
  readonly hash: string
  readonly accountId: AccountId
  readonly expiresAt: number
}

/**
 * - `handle-taken`: there is an account of this id.
 * - `login-taken`: one of the login keys belongs to another account that exists.
 */
export type CreateOutcome = 'created' | 'handle-taken' | 'login-taken'

export interface AccountStore {
  /**
   * Creates an account, its person (of this one account) and the keys by which it can be found at
   * sign-in. Nothing of an attempt that did not end in `created` stands in a later one's way.
   * @param loginKeys keyed hashes of e-mail addresses and phone numbers, each unique.
   */
  readonly createAccount: (
    account: AccountRecord,
    person: PersonRecord,
    loginKeys: readonly string[],
  ) => Promise<CreateOutcome>
  readonly account: (id: AccountId) => Promise<AccountRecord | undefined>
  readonly accountOfLogin: (loginKey: string) => Promise<AccountId | undefined>
  readonly deviceOfToken: (tokenHash: string) => Promise<TokenOwner | undefined>
  /** False if the stored version is not the record's, or there is none: nothing was stored. */
  readonly replaceAccount: (account: AccountRecord) => Promise<boolean>
}

export interface TokenOwner {
  readonly accountId: AccountId
  readonly deviceId: DeviceId
}

export interface PersonStore {
  /** The people whose accounts these are, in their order; undefined for an unknown account. */
  readonly peopleOf: (ids: readonly AccountId[]) => Promise<readonly (PersonView | undefined)[]>
  readonly createPerson: (person: PersonRecord) => Promise<void>
  /** As `replaceAccount`. */
  readonly replacePerson: (person: PersonRecord) => Promise<boolean>
  /** Removes the person if the stored version is this one. */
  readonly removePerson: (id: string, version: number) => Promise<boolean>
}

export interface ConsentStore {
  /** In the order of the tags; undefined where nothing was said. */
  readonly consents: (tags: readonly PairTag[]) => Promise<readonly (ConsentValue | undefined)[]>
  /** Writes over what was said before. */
  readonly putConsents: (records: readonly ConsentRecord[]) => Promise<void>
  /** Adds what was not said before; where something was, `blocked` wins and the rest stays. */
  readonly mergeConsents: (records: readonly ConsentRecord[]) => Promise<void>
  /** Removes what was said about these pairs, and these pairs themselves. */
  readonly removeConsents: (about: readonly PairTag[]) => Promise<readonly PairTag[]>
  /** At most `limit` records of an owner in the order of their tags, after a tag. */
  readonly consentsOf: (
    owner: string,
    after: PairTag | undefined,
    limit: number,
  ) => Promise<readonly ConsentRecord[]>
  readonly countConsents: (owner: string) => Promise<number>
}

export interface SecretStore {
  /** Replaces the phone's code of before. */
  readonly putCode: (record: CodeRecord) => Promise<void>
  /**
   * Takes one of the tries that the phone's code has left, and gives the record; undefined when
   * there is no code, it has expired or no try is left. However many callers, a code is given as
   * often as it had tries.
   */
  readonly takeCodeTry: (phoneKey: string, now: number) => Promise<CodeRecord | undefined>
  /** Removes the code; true for one caller alone. */
  readonly useCode: (phoneKey: string, codeHash: string) => Promise<boolean>
  readonly putAccountToken: (record: AccountTokenRecord) => Promise<void>
  /** The account of a token that has not expired. */
  readonly accountOfToken: (hash: string, now: number) => Promise<AccountId | undefined>
  /** Sweeps codes and account tokens that have expired. */
  readonly removeExpired: (now: number) => Promise<void>
}

export interface DirectoryStore extends AccountStore, PersonStore, ConsentStore, SecretStore {
  /** Frees what the adapter itself opened. Calls after it throw `unavailable`. */
  readonly close: () => Promise<void>
}

export class DirectoryStoreError extends Error {
  override readonly name = 'DirectoryStoreError'
  readonly reason = 'unavailable'

  constructor(what: string, options?: ErrorOptions) {
    super(`directory store: ${what}`, options)
  }
}
