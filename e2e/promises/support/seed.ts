/** People put straight into a relay's data folder before it starts; nobody opens their letters. */
import { loadRealm } from '@isthmus/all-in-one/realm'
import { openSqliteDirectory } from '@isthmus/directory-store/sqlite'
import { NETWORKS, type Address, type Network } from '@isthmus/runtime/address'
import { idKeys, randomId, type DeviceId } from '@isthmus/runtime/ids'
import { openSqliteThread } from '@isthmus/sqlite/open'
import { hash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Credentials } from './client.ts'

export interface SeededDevice extends Credentials {
  readonly id: string
}

export interface SeededPerson extends Address {
  readonly devices: readonly SeededDevice[]
}

const handleOf = (network: Network, index: number): string =>
  network === 'whatsapp' ? String(4_900_000_000 + index) : `person.${index}`

const draw = (network: Network, index: number, devices: number): SeededPerson => {
  const handle = handleOf(network, index)
  const device = (): SeededDevice => ({
    network,
    handle,
    id: randomId(),
    token: `isth_${randomBytes(32).toString('base64url')}`,
  })
  return { network, handle, devices: Array.from({ length: devices }, device) }
}

/**
 * @param devices for each person to make on every network, how many devices.
 * @returns the people of all networks, each open to everyone.
 */
export const seed = async (folder: string, devices: readonly number[]): Promise<SeededPerson[]> => {
  const people = NETWORKS.flatMap((network) =>
    devices.map((count, index) => draw(network, index, count)),
  )
  const ids = idKeys(loadRealm(folder).secret)
  const thread = await openSqliteThread(join(folder, 'isthmus.db'))
  const store = await openSqliteDirectory(thread)
  for (const person of people) {
    const id = ids.accountId(`${person.network}:${person.handle}`)
    const key = randomBytes(32)
    const account = {
      ...{ id, version: 1, network: person.network, personId: randomId(), identityKey: key },
      passwordHash: undefined,
      devices: person.devices.map((device) => ({
        id: device.id as DeviceId,
        tokenHash: hash('sha256', device.token, 'base64url'),
        ...{ x25519: key, ed25519: key, identitySignature: randomBytes(64) },
        ...{ scramStoredKey: key, scramServerKey: key, registeredAt: Date.now() },
      })),
    }
    const reach = { reach: 'everyone', networks: undefined } as const
    const record = { id: account.personId, version: 1, accountIds: [id], ...reach }
    await store.createAccount(account, record, [])
  }
  await store.close()
  await thread.close()
  return people
}
