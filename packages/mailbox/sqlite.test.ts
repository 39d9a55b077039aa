import { mailboxContract } from './testing/contract.ts'
import { openSqliteFixture } from './testing/sqlite-fixture.ts'

mailboxContract('SQLite', { open: openSqliteFixture, dense: true })
