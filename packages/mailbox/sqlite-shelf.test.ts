/** The contract again, with everything on the shelf as soon as it can be. */
import { mailboxContract } from './testing/contract.ts'
import { openSqliteFixture } from './testing/sqlite-fixture.ts'

mailboxContract('SQLite, all on the shelf at once', {
  open: (options) =>
    openSqliteFixture({ ...options, settleAfterMs: 0, trimBytes: 0, residents: 0 }),
  dense: true,
})

mailboxContract('SQLite, memory for one submission', {
  open: (options) => openSqliteFixture({ ...options, maxHeldBytes: 0, residents: 0 }),
  dense: true,
})
