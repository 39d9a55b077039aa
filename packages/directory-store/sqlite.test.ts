import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { openSqliteThread } from '@isthmus/sqlite/open'
import type { DirectoryStore } from './port.ts'
import { openSqliteDirectory } from './sqlite.ts'
import { directoryStoreContract, type StoreUnderTest } from './testing/contract.ts'
import { account } from './testing/records.ts'

const openTemporary = async (): Promise<StoreUnderTest> => {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-directory-'))
  const path = join(folder, 'isthmus.db')
  let thread = await openSqliteThread(path)
  const store = await openSqliteDirectory(thread)
  const reopen = async (): Promise<DirectoryStore> => {
    await thread.close()
    thread = await openSqliteThread(path)
    return openSqliteDirectory(thread)
  }
  const dispose = async (): Promise<void> => {
    await thread.close()
    rmSync(folder, { recursive: true })
  }
  return { store, reopen, dispose }
}

directoryStoreContract('SQLite', openTemporary)

test('says unavailable when the thread has ended', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-directory-'))
  const thread = await openSqliteThread(join(folder, 'isthmus.db'))
  const store = await openSqliteDirectory(thread)
  await thread.close()
  const { id } = account()
  await expect(store.account(id)).rejects.toMatchObject({ reason: 'unavailable' })
  rmSync(folder, { recursive: true })
})
