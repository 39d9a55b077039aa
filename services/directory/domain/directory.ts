/** What all parts of the directory work with. */
import type { DirectoryChanged } from '@isthmus/proto/codec'
import type { AccountRecord, DirectoryStore } from '@isthmus/directory-store/port'
import type { Address } from '@isthmus/runtime/address'
import { formatAddress } from '@isthmus/runtime/address'
import type { Clock } from '@isthmus/runtime/clock'
import type { AccountId, DeviceId, IdKeys } from '@isthmus/runtime/ids'
import type { Logger } from '@isthmus/runtime/logger'
import type { CertificateIssuer } from '../crypto/certificates.ts'
import type { Passwords } from '../crypto/passwords.ts'
import type { PeerSeal } from '../crypto/sealed-peer.ts'
import { Problem } from '../problems.ts'

export interface Directory {
  readonly store: DirectoryStore
  readonly ids: IdKeys
  readonly issuer: CertificateIssuer
  readonly passwords: Passwords
  readonly peers: PeerSeal
  readonly clock: Clock
  readonly log: Logger
  readonly mailboxes: { readonly remove: (mailbox: DeviceId) => Promise<void> }
  /** Tells routers and gateways what they must not believe any more. After the write, always. */
  readonly changed: (change: Partial<DirectoryChanged>) => void
}

/** Two linked networks and two spares: with 16 devices each, as many as a submission's letters. */
export const MAX_ACCOUNTS_OF_PERSON = 4
export const MAX_DEVICES_OF_ACCOUNT = 16
export const MAX_CONSENTS_OF_ACCOUNT = 5_000

/** How often a write that lost its race is tried anew. */
const ATTEMPTS = 8

/** Runs a read-decide-write that answers undefined when it lost a race, until it wins. */
export const retried = async <T>(attempt: () => Promise<T | undefined>): Promise<T> => {
  for (let time = 0; time < ATTEMPTS; time++) {
    const result = await attempt()
    if (result !== undefined) return result
  }
  throw new Problem('unavailable', { retryAfterMs: 1_000 })
}

export const accountIdOf = ({ ids }: Directory, address: Address): AccountId =>
  ids.accountId(formatAddress(address))

/**
 * Reads an account, decides, and writes it.
 * @param decide gives the account as it shall be, or itself to leave it; may throw a Problem.
 */
export const updateAccount = (
  { store }: Directory,
  id: AccountId,
  decide: (account: AccountRecord) => AccountRecord,
): Promise<AccountRecord> =>
  retried(async () => {
    const account = await store.account(id)
    if (!account) throw new Problem('unauthenticated')
    const next = decide(account)
    return next === account || (await store.replaceAccount(next)) ? next : undefined
  })
