/** The directory's operations, as the SQLite writer thread loads them. */
import { migrate } from '@isthmus/sqlite/migrate'
import type { ModuleContext } from '@isthmus/sqlite/module'
import { accountOperations, personOperations } from './sqlite-accounts.ts'
import { consentOperations } from './sqlite-consents.ts'
import { MIGRATIONS } from './sqlite-schema.ts'
import { secretOperations } from './sqlite-secrets.ts'

export const open = ({ database }: ModuleContext) => {
  migrate(database, 'directory', MIGRATIONS)
  const accounts = accountOperations(database)
  return {
    ...accounts,
    ...personOperations(database, accounts.account),
    ...consentOperations(database),
    ...secretOperations(database),
  }
}

export type DirectoryOperations = ReturnType<typeof open>
