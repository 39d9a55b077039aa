/** A person links accounts of two networks and chooses where to be reached. */
import { NETWORKS, type Network } from '@isthmus/runtime/address'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { World } from './harness/world.ts'
import { ONE_OF } from './stock/kinds.ts'

let world: World

beforeAll(async () => {
  world = await World.begin()
}, 30_000)

afterAll(() => world.end())

const PAIRS = NETWORKS.flatMap((old) =>
  NETWORKS.filter((other) => other !== old).map((other): [Network, Network] => [old, other]),
)

test.each(PAIRS)('letters to the %s address arrive on %s', async (oldNetwork, newNetwork) => {
  const sender = await world.online(ONE_OF.messenger)
  const old = await world.online(ONE_OF[oldNetwork])
  const other = await world.online(ONE_OF[newNetwork])
  const write = async (to: typeof old, text: string): Promise<void> => {
    expect(await sender.write(to.account, text)).toMatchObject({ answer: 'ACCEPTED' })
  }

  const link = { accountToken: other.account.token }
  expect(await world.ask(old.account.token, 'POST', '/v1/links', link)).toEqual({ accounts: 2 })
  await write(old, 'to all accounts')
  expect(await old.texts(1)).toEqual(['to all accounts'])
  expect(await other.texts(1)).toEqual(['to all accounts'])

  const choice = { policy: 'everyone', networks: [newNetwork] }
  await world.ask(old.account.token, 'PUT', '/v1/reach', choice)
  await write(old, 'to the old address')
  await write(other, 'to the new address')
  expect(await other.texts(2)).toEqual(['to the old address', 'to the new address'])

  await world.ask(old.account.token, 'DELETE', '/v1/links')
  await write(old, 'to the old account')
  await write(other, 'to the new account')
  expect(await old.read(1)).toMatchObject([{ sequence: 2, text: 'to the old account' }])
  expect(await other.read(1)).toMatchObject([{ sequence: 4, text: 'to the new account' }])
})

test('what one account has said of somebody holds for the linked ones', async () => {
  const pest = await world.online(ONE_OF.whatsapp)
  const one = await world.online(ONE_OF.instagram)
  const other = await world.online(ONE_OF.messenger)
  const path = `/v1/consents/whatsapp/${pest.account.handle}`
  await world.ask(one.account.token, 'PUT', path, { consent: 'blocked' })
  const letters = await pest.seal(other.account, 'by the other door')
  const link = { accountToken: other.account.token }
  await world.ask(one.account.token, 'POST', '/v1/links', link)
  expect(await pest.client.send(other.account, 'm1', letters)).toMatchObject({ answer: 'REFUSED' })
})
