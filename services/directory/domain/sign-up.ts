/** Accounts and the tokens that manage them. */
import type { CreateOutcome, Reach } from '@isthmus/directory-store/port'
import type { Address } from '@isthmus/runtime/address'
import { randomId, type AccountId } from '@isthmus/runtime/ids'
import { newToken, tokenHash } from '../crypto/tokens.ts'
import { Problem } from '../problems.ts'
import { accountIdOf, type Directory } from './directory.ts'

/** Milliseconds for which an account token is valid. */
export const ACCOUNT_TOKEN_MS = 3_600_000

export interface NewAccount {
  readonly address: Address
  readonly reach: Reach
  readonly passwordHash?: string
  readonly loginKeys?: readonly string[]
}

export const createAccount = async (
  directory: Directory,
  { address, reach, passwordHash, loginKeys = [] }: NewAccount,
): Promise<CreateOutcome> => {
  const id = accountIdOf(directory, address)
  const personId = randomId()
  const outcome = await directory.store.createAccount(
    {
      id,
      version: 1,
      network: address.network,
      personId,
      identityKey: undefined,
      passwordHash,
      devices: [],
    },
    { id: personId, version: 1, accountIds: [id], reach, networks: undefined },
    loginKeys,
  )
  if (outcome === 'created') directory.changed({ accountIds: [id] })
  return outcome
}

export const issueAccountToken = async (
  { store, clock }: Directory,
  accountId: AccountId,
): Promise<string> => {
  const token = newToken('account')
  const expiresAt = clock.now() + ACCOUNT_TOKEN_MS
  await store.putAccountToken({ hash: tokenHash(token), accountId, expiresAt })
  return token
}

/**
 * Checks a password. Unknown names, accounts without a password and wrong passwords cost the same
 * and end the same.
 * @param loginKey of the e-mail address or phone that was given instead of the handle.
 */
export const signInWithPassword = async (
  directory: Directory,
  name: { readonly accountId: AccountId } | { readonly loginKey: string },
  password: string,
): Promise<AccountId> => {
  const { store, passwords } = directory
  const nobody = directory.ids.accountId('nobody')
  const id = 'accountId' in name ? name.accountId : await store.accountOfLogin(name.loginKey)
  const account = await store.account(id ?? nobody)
  const right = await passwords.verify(password, account?.passwordHash)
  if (!right || !account) throw new Problem('bad-credentials')
  return account.id
}
