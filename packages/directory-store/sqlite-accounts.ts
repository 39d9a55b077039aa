/** Accounts, devices and people in SQLite. Runs in the writer thread. */
import type { DatabaseSync } from 'node:sqlite'
import type { Network } from '@isthmus/runtime/address'
import type { AccountId, DeviceId } from '@isthmus/runtime/ids'
import type {
  AccountRecord,
  CreateOutcome,
  DeviceRecord,
  PersonRecord,
  PersonView,
  Reach,
  TokenOwner,
} from './port.ts'

interface AccountRow {
  readonly id: AccountId
  readonly version: number
  readonly network: Network
  readonly person_id: string
  readonly identity_key: Uint8Array | null
  readonly password_hash: string | null
}

interface DeviceRow {
  readonly id: DeviceId
  readonly token_hash: string
  readonly x25519: Uint8Array
  readonly ed25519: Uint8Array
  readonly identity_signature: Uint8Array
  readonly scram_stored_key: Uint8Array
  readonly scram_server_key: Uint8Array
  readonly registered_at: number
}

interface PersonRow {
  readonly id: string
  readonly version: number
  readonly account_ids: string
  readonly reach: Reach
  readonly networks: string | null
}

const toDevice = (row: DeviceRow): DeviceRecord => ({
  id: row.id,
  tokenHash: row.token_hash,
  x25519: row.x25519,
  ed25519: row.ed25519,
  identitySignature: row.identity_signature,
  scramStoredKey: row.scram_stored_key,
  scramServerKey: row.scram_server_key,
  registeredAt: row.registered_at,
})

const toPerson = (row: PersonRow): PersonRecord => ({
  id: row.id,
  version: row.version,
  accountIds: JSON.parse(row.account_ids) as AccountId[],
  reach: row.reach,
  networks: row.networks === null ? undefined : (JSON.parse(row.networks) as Network[]),
})

const personColumns = (person: PersonRecord): (string | null)[] => [
  JSON.stringify(person.accountIds),
  person.reach,
  person.networks === undefined ? null : JSON.stringify(person.networks),
]

const deviceWriter = (database: DatabaseSync) => {
  const insert = database.prepare(
    'INSERT INTO directory_devices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const clear = database.prepare('DELETE FROM directory_devices WHERE account_id = ?')
  return ({ id, devices }: AccountRecord): void => {
    clear.run(id)
    for (const [place, device] of devices.entries()) {
      insert.run(
        id,
        place,
        device.id,
        device.tokenHash,
        device.x25519,
        device.ed25519,
        device.identitySignature,
        device.scramStoredKey,
        device.scramServerKey,
        device.registeredAt,
      )
    }
  }
}

const accountReader = (database: DatabaseSync) => {
  const select = database.prepare('SELECT * FROM directory_accounts WHERE id = ?')
  const devices = database.prepare(
    'SELECT * FROM directory_devices WHERE account_id = ? ORDER BY place',
  )
  return (id: string): AccountRecord | undefined => {
    const row = select.get(id) as AccountRow | undefined
    if (!row) return undefined
    return {
      id: row.id,
      version: row.version,
      network: row.network,
      personId: row.person_id,
      identityKey: row.identity_key ?? undefined,
      passwordHash: row.password_hash ?? undefined,
      devices: (devices.all(id) as unknown as DeviceRow[]).map(toDevice),
    }
  }
}

export const accountOperations = (database: DatabaseSync) => {
  const account = accountReader(database)
  const writeDevices = deviceWriter(database)
  const insert = database.prepare(
    'INSERT INTO directory_accounts VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const login = database.prepare('SELECT account_id FROM directory_logins WHERE login_key = ?')
  const insertLogin = database.prepare('INSERT INTO directory_logins VALUES (?, ?)')
  const insertPerson = database.prepare('INSERT INTO directory_people VALUES (?, ?, ?, ?, ?)')
  const update = database.prepare(
    `UPDATE directory_accounts SET version = version + 1, person_id = ?, identity_key = ?,
     password_hash = ? WHERE id = ? AND version = ?`,
  )
  const token = database.prepare(
    'SELECT account_id, id FROM directory_devices WHERE token_hash = ?',
  )

  const accountOfLogin = (key: string): AccountId | undefined =>
    login.get(key)?.['account_id'] as AccountId | undefined
  const createPerson = (person: PersonRecord): void =>
    void insertPerson.run(person.id, person.version, ...personColumns(person))

  return {
    account,
    accountOfLogin,
    createPerson,
    createAccount: (argument: {
      account: AccountRecord
      person: PersonRecord
      loginKeys: readonly string[]
    }): CreateOutcome => {
      const { id, version, network, personId, identityKey, passwordHash } = argument.account
      if (argument.loginKeys.some((key) => accountOfLogin(key) !== undefined)) return 'login-taken'
      const columns = [id, version, network, personId, identityKey ?? null, passwordHash ?? null]
      if (insert.run(...columns).changes === 0) return 'handle-taken'
      for (const key of argument.loginKeys) insertLogin.run(key, id)
      createPerson(argument.person)
      writeDevices(argument.account)
      return 'created'
    },
    replaceAccount: (record: AccountRecord): boolean => {
      const { id, version, personId, identityKey, passwordHash } = record
      const columns = [personId, identityKey ?? null, passwordHash ?? null, id, version]
      if (update.run(...columns).changes === 0) return false
      writeDevices(record)
      return true
    },
    deviceOfToken: (tokenHash: string): TokenOwner | undefined => {
      const row = token.get(tokenHash) as { account_id: AccountId; id: DeviceId } | undefined
      return row && { accountId: row.account_id, deviceId: row.id }
    },
  }
}

export const personOperations = (
  database: DatabaseSync,
  account: (id: string) => AccountRecord | undefined,
) => {
  const select = database.prepare('SELECT * FROM directory_people WHERE id = ?')
  const update = database.prepare(
    `UPDATE directory_people SET version = version + 1, account_ids = ?, reach = ?, networks = ?
     WHERE id = ? AND version = ?`,
  )
  const remove = database.prepare('DELETE FROM directory_people WHERE id = ? AND version = ?')

  const view = (id: AccountId): PersonView | undefined => {
    const asked = account(id)
    const row = asked && (select.get(asked.personId) as PersonRow | undefined)
    if (!row) return undefined
    const person = toPerson(row)
    const accounts = [...new Set([...person.accountIds, id])]
      .map((other) => (other === id ? asked : account(other)))
      .filter((other) => other?.personId === person.id)
    return { person, accounts: accounts as AccountRecord[] }
  }

  return {
    peopleOf: (ids: readonly AccountId[]) => ids.map(view),
    replacePerson: (person: PersonRecord): boolean =>
      update.run(...personColumns(person), person.id, person.version).changes === 1,
    removePerson: (argument: { id: string; version: number }): boolean =>
      remove.run(argument.id, argument.version).changes === 1,
  }
}
