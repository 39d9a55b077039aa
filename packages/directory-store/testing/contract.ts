/** What every directory store must do. Run by each adapter's test with a factory of its own. */
import { afterEach, beforeEach, describe } from '@jest/globals'
import type { DirectoryStore } from '../port.ts'
import { accountContract } from './contract-accounts.ts'
import { consentContract } from './contract-consents.ts'
import { personContract } from './contract-people.ts'
import { secretContract } from './contract-secrets.ts'

export interface StoreUnderTest {
  readonly store: DirectoryStore
  /** Closes the store and opens what it left behind anew. */
  readonly reopen: () => Promise<DirectoryStore>
  readonly dispose: () => Promise<void>
}

export const directoryStoreContract = (name: string, open: () => Promise<StoreUnderTest>): void => {
  describe(`directory store on ${name}`, () => {
    let current: StoreUnderTest
    beforeEach(async () => {
      current = await open()
    })
    afterEach(() => current.dispose())
    const store = (): DirectoryStore => current.store

    accountContract(store, () => current.reopen())
    personContract(store)
    consentContract(store)
    secretContract(store, () => current.reopen())
  })
}
