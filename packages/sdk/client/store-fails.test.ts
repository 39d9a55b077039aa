import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { memoryStore } from '../storage/memory.ts'
import { World } from '../testing/people.ts'
import { ADA, BOB, codeOf, letterTo } from '../testing/shorthand.ts'
import { next, take, until } from '../testing/wait.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

describe('the store fails', () => {
  test('a message that can’t be stored is not sent', async () => {
    const full = { ...memoryStore(), put: () => Promise.reject(new Error('disk full')) }
    const client = world.client(await world.relay.device(ADA), { store: full })
    await client.connect()
    expect(await codeOf(client.send(BOB, 'hello').accepted)).toBe('storage')
  })

  test('what can’t be recorded as handled is not acknowledged until it can', async () => {
    const store = memoryStore()
    const { put } = store
    let isFull = true
    const flaky = {
      ...store,
      put: (key: string, value: string) =>
        isFull && key.includes('/seen/') ? Promise.reject(new Error('disk full')) : put(key, value),
    }
    const [ada, bob] = [await world.relay.device(ADA), await world.relay.device(BOB)]
    const client = world.client(bob, { store: flaky })
    await client.connect()
    const failed = next(client, 'storage')
    world.relay.deliver(bob.deviceId, await letterTo(bob, ada, 'm1'))
    const reader = client.messages()
    await take(reader, 1)
    await reader.return()
    expect(await failed).toMatchObject({ error: new Error('disk full') })
    expect(world.relay.mailbox(bob.deviceId).cursor).toBe(0)
    isFull = false
    await until('the next try', () => world.clock.nextIn !== undefined)
    world.clock.advance(100)
    await until('acknowledged', () => world.relay.mailbox(bob.deviceId).cursor === 1)
  })
})
