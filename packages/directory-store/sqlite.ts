/**
 * The directory in SQLite, on the process's one writer thread. Reads go there too: the thread
 * holds the file exclusively. They never touch the caller's event loop, and wait for at most the
 * group that is being committed; what one turn of the event loop asks is answered by one group.
 */
import type { SqliteThread } from '@isthmus/sqlite/thread'
import { DirectoryStoreError, type DirectoryStore } from './port.ts'
import type { DirectoryOperations } from './sqlite-module.ts'

const MODULE = 'directory'

/**
 * @param thread stays open when the directory is closed; close it after.
 * @throws DirectoryStoreError when the file was written by a newer version or can't be read.
 */
export const openSqliteDirectory = async (thread: SqliteThread): Promise<DirectoryStore> => {
  let closed = false
  const failed = (cause: unknown): never => {
    throw new DirectoryStoreError(`the database failed: ${(cause as Error).message}`, { cause })
  }
  await thread.load(MODULE, new URL('./sqlite-module.ts', import.meta.url)).catch(failed)

  const call = <Name extends keyof DirectoryOperations>(
    operation: Name,
    argument: Parameters<DirectoryOperations[Name]>[0],
  ): Promise<ReturnType<DirectoryOperations[Name]>> =>
    closed
      ? Promise.reject(new DirectoryStoreError('closed'))
      : thread
          .call<ReturnType<DirectoryOperations[Name]>>(MODULE, operation, argument)
          .catch(failed)

  return {
    createAccount: (account, person, loginKeys) =>
      call('createAccount', { account, person, loginKeys }),
    account: (id) => call('account', id),
    accountOfLogin: (loginKey) => call('accountOfLogin', loginKey),
    deviceOfToken: (tokenHash) => call('deviceOfToken', tokenHash),
    replaceAccount: (account) => call('replaceAccount', account),
    peopleOf: (ids) => call('peopleOf', ids),
    createPerson: (person) => call('createPerson', person),
    replacePerson: (person) => call('replacePerson', person),
    removePerson: (id, version) => call('removePerson', { id, version }),
    consents: (tags) => call('consents', tags),
    putConsents: (records) => call('putConsents', records),
    mergeConsents: (records) => call('mergeConsents', records),
    removeConsents: (about) => call('removeConsents', about),
    consentsOf: (owner, after, limit) => call('consentsOf', { owner, after, limit }),
    countConsents: (owner) => call('countConsents', owner),
    putCode: (record) => call('putCode', record),
    takeCodeTry: (phoneKey, now) => call('takeCodeTry', { phoneKey, now }),
    useCode: (phoneKey, codeHash) => call('useCode', { phoneKey, codeHash }),
    putAccountToken: (record) => call('putAccountToken', record),
    accountOfToken: (hash, now) => call('accountOfToken', { hash, now }),
    removeExpired: (now) => call('removeExpired', now),
    close: async () => {
      closed = true
    },
  }
}
