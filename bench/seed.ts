/** Accounts for the load, put straight into a relay's data folder before it starts. */
import { openSqliteDirectory } from '@isthmus/directory-store/sqlite'
import type { Network } from '@isthmus/runtime/address'
import { idKeys, randomId, type DeviceId } from '@isthmus/runtime/ids'
import { openSqliteThread } from '@isthmus/sqlite/open'
import { loadRealm } from '@isthmus/all-in-one/realm'
import { hash, randomBytes } from 'node:crypto'
import { join } from 'node:path'

export interface Seeded {
  readonly network: Network
  readonly handle: string
  readonly device: DeviceId
  readonly token: string
}

const handleOf = (network: Network, index: number): string =>
  network === 'whatsapp' ? String(4_900_000_000 + index) : `load.${index}`

/** Seeds `count` people on each network, open to everyone, with one device each. */
export const seed = async (
  folder: string,
  networks: readonly Network[],
  count: number,
): Promise<Seeded[]> => {
  const ids = idKeys(loadRealm(folder).secret)
  const thread = await openSqliteThread(join(folder, 'isthmus.db'))
  const store = await openSqliteDirectory(thread)
  const people: Seeded[] = []
  for (const network of networks) {
    for (let index = 0; index < count; index++) {
      people.push({
        network,
        handle: handleOf(network, index),
        device: randomId() as DeviceId,
        token: `isth_${randomBytes(32).toString('base64url')}`,
      })
    }
  }
  const createOne = async ({ network, handle, device, token }: Seeded): Promise<void> => {
    const id = ids.accountId(`${network}:${handle}`)
    const personId = randomId()
    const key = randomBytes(32)
    const deviceRecord = {
      id: device,
      tokenHash: hash('sha256', token, 'base64url'),
      x25519: key,
      ed25519: key,
      identitySignature: randomBytes(64),
      scramStoredKey: key,
      scramServerKey: key,
      registeredAt: Date.now(),
    }
    const account = {
      id,
      version: 1,
      network,
      personId,
      identityKey: key,
      passwordHash: undefined,
      devices: [deviceRecord],
    }
    const person = {
      id: personId,
      version: 1,
      accountIds: [id],
      reach: 'everyone',
      networks: undefined,
    } as const
    await store.createAccount(account, person, [])
  }
  await Promise.all(people.map(createOne))
  await store.close()
  await thread.close()
  return people
}
