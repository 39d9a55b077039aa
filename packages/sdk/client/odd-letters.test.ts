import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { nativePrimitives } from '../seal/native.ts'
import { World } from '../testing/people.ts'
import { createTestRealm } from '../testing/realm.ts'
import { ADA, bodies, BOB, codeOf, letterTo } from '../testing/shorthand.ts'
import { next, take, until } from '../testing/wait.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

describe('letters that are not as they should be', () => {
  test('one that does not open is told, kept, acknowledged, and holds up nobody', async () => {
    const [ada, bob] = [await world.relay.device(ADA), await world.relay.device(BOB)]
    const client = world.client(bob)
    await client.connect()
    const told = next(client, 'unopened')
    world.relay.deliver(bob.deviceId, new Uint8Array(560).fill(9))
    world.relay.deliver(bob.deviceId, await letterTo(bob, ada, 'good'))
    expect(await told).toMatchObject({ sequence: 1, reason: 'not-for-us' })
    const reader = client.messages()
    expect(bodies(await take(reader, 1))).toEqual(['text of good'])
    await until('acknowledged', () => world.relay.mailbox(bob.deviceId).cursor === 1)
    const [kept] = await client.unopened()
    expect(kept).toMatchObject({ sequence: 1, sealed: new Uint8Array(560).fill(9) })
    await client.discardUnopened(1)
    expect(await client.unopened()).toEqual([])
    await reader.return()
  })

  test('one whose sender no realm of ours vouches for', async () => {
    const elsewhere = await createTestRealm(nativePrimitives, world.clock.now())
    const eve = await elsewhere.device(ADA)
    const bob = await world.relay.device(BOB)
    const client = world.client(bob)
    await client.connect()
    const told = next(client, 'unopened')
    world.relay.deliver(bob.deviceId, await letterTo(bob, eve, 'm'))
    expect((await told).reason).toBe('bad-certificate')
  })

  test('the same message in two letters shows once', async () => {
    const [ada, bob] = [await world.relay.device(ADA), await world.relay.device(BOB)]
    const client = world.client(bob)
    await client.connect()
    for (const id of ['m1', 'm1', 'm2', 'm1', 'm3']) {
      world.relay.deliver(bob.deviceId, await letterTo(bob, ada, id))
    }
    const reader = client.messages()
    expect(bodies(await take(reader, 3))).toEqual(['text of m1', 'text of m2', 'text of m3'])
    await reader.return()
    await until('all acknowledged', () => world.relay.mailbox(bob.deviceId).cursor === 5)
  })

  test('written to an address that is not among those given', async () => {
    const [ada, bob] = [await world.relay.device(ADA), await world.relay.device(BOB)]
    const client = world.client(bob, { addresses: ['messenger:bob.builder'] })
    await client.connect()
    const told = next(client, 'unopened')
    world.relay.deliver(bob.deviceId, await letterTo(bob, ada, 'm1'))
    expect((await told).reason).toBe('wrong-recipient')
  })
})

describe('people and keys', () => {
  test('somebody with a new identity key is worth a word, once', async () => {
    const bob = await world.relay.device(BOB)
    const client = world.client(bob)
    await client.connect()
    const told: string[] = []
    client.on('identity', ({ address }) => told.push(address))
    const phones = [await world.relay.realm.device(ADA), await world.relay.realm.device(ADA)]
    const reader = client.messages()
    for (const [at, phone] of [...phones, ...phones].entries()) {
      const letter = await letterTo(bob, phone, `m${at}`)
      world.relay.deliver(bob.deviceId, letter)
      await take(reader, 1)
      expect(told).toEqual(at === 0 ? [] : [ADA])
    }
  })

  test('a device that the directory names and nobody vouches for gets no letter', async () => {
    const client = world.client(await world.relay.device(ADA))
    await client.connect()
    await world.relay.device(BOB)
    const { devicesOf } = client.directory
    Object.assign(client.directory, {
      devicesOf: async (address: string) =>
        (await devicesOf(address)).map((device) => ({
          ...device,
          x25519: crypto.getRandomValues(new Uint8Array(32)),
        })),
    })
    expect(await codeOf(client.send(BOB, 'secret').accepted)).toBe('bad-certificate')
    expect(world.relay.submissions).toHaveLength(0)
  })
})
