import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { IsthmusClient } from '../client.ts'
import type { Credentials } from '../credentials.ts'
import { idsOf } from '../testing/fake-relay.ts'
import { World } from '../testing/people.ts'
import { ADA, bodies, BOB, statesOf } from '../testing/shorthand.ts'
import { take, until, within } from '../testing/wait.ts'
import { ConnectError } from '../transports/port.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

describe('the connection ends', () => {
  const join = async (
    address: string,
  ): Promise<{ readonly client: IsthmusClient; readonly device: Credentials }> => {
    const device = await world.relay.device(address)
    const client = world.client(device)
    await client.connect()
    return { client, device }
  }

  test('before the answer: submitted again under the same id, delivered once', async () => {
    const [{ client: ada, device }, { client: bob, device: bobs }] = [
      await join(ADA),
      await join(BOB),
    ]
    world.relay.script = () => {
      world.relay.script = () => undefined
      // The relay goes on and accepts, but nobody hears its answer.
      world.relay.hangUp(device.deviceId)
      return undefined
    }
    const sending = ada.send(BOB, 'hello')
    await until('the submission', () => world.relay.submissions.length === 1)
    expect(world.relay.mailbox(bobs.deviceId).last).toBe(1)
    world.clock.advance(1_000)
    await within(sending.accepted, 'accepted')
    ada.send(BOB, 'next')
    expect(bodies(await take(bob.messages(), 2))).toEqual(['hello', 'next'])
  })

  test('without a word: an answer that does not come ends the connection', async () => {
    const [{ client: ada }, bob] = [await join(ADA), await world.join(BOB)]
    const states = statesOf(ada)
    world.relay.script = () => 'silence'
    const sending = ada.send(BOB, 'hello')
    await until('the submission', () => world.relay.submissions.length === 1)
    world.relay.script = () => undefined
    world.clock.advance(30_000)
    expect(states.at(-1)).toMatchObject({ state: 'waiting', close: { cause: 'lost' } })
    world.clock.advance(1_000)
    await within(sending.accepted, 'accepted')
    expect(idsOf(world.relay).slice(0, 2)).toEqual([sending.id, sending.id])
    expect(bodies(await take(bob.messages(), 1))).toEqual(['hello'])
  })

  test('what is sent meanwhile goes out when it is back, in order', async () => {
    const [{ client: ada, device }, bob] = [await join(ADA), await world.join(BOB)]
    world.relay.down = { cause: 'lost', detail: 'no network' }
    world.relay.hangUp(device.deviceId)
    const sendings = ['1', '2', '3'].map((text) => ada.send(BOB, text))
    world.clock.advance(10_000)
    await until('a failed try', () => world.clock.nextIn !== undefined)
    expect(world.relay.submissions).toHaveLength(0)
    world.relay.down = undefined
    world.clock.advance(60_000)
    await within(Promise.all(sendings.map(({ accepted }) => accepted)), 'all three')
    expect(bodies(await take(bob.messages(), 3))).toEqual(['1', '2', '3'])
  })

  test('waits double while it stays away, and begin anew after a connection that held', async () => {
    const { client: ada, device } = await join(ADA)
    const states = statesOf(ada)
    const waits = (): (number | undefined)[] =>
      states.filter(({ state }) => state === 'waiting').map(({ retryInMs }) => retryInMs)
    world.relay.down = { cause: 'lost', detail: 'no network' }
    world.relay.hangUp(device.deviceId)
    for (const count of [1, 2, 3, 4]) {
      await until(`wait ${count}`, () => waits().length === count)
      if (count === 4) world.relay.down = undefined
      world.clock.advance(waits().at(-1) ?? 0)
    }
    expect(waits()).toEqual([250, 500, 1_000, 2_000])
    await until('online', () => states.at(-1)?.state === 'online')
    world.clock.advance(1_000)
    world.relay.hangUp(device.deviceId)
    await until(
      'online again',
      () => (world.clock.advance(5_000), states.at(-1)?.state === 'online'),
    )
    world.clock.advance(30_000)
    world.relay.hangUp(device.deviceId)
    expect(waits().slice(4)).toEqual([4_000, 250])
  })

  test('the relay’s hint is respected', async () => {
    const { client: ada, device } = await join(ADA)
    const states = statesOf(ada)
    world.relay.hangUp(device.deviceId, {
      ...{ cause: 'try-later', detail: 'overloaded', retryAfterMs: 9_000 },
    })
    expect(states.at(-1)?.retryInMs).toBe(9_250)
    world.clock.advance(9_249)
    expect(states.at(-1)?.state).toBe('waiting')
    world.clock.advance(1)
    await until('online', () => states.at(-1)?.state === 'online')
  })

  test.each(['replaced', 'unauthenticated', 'protocol'] as const)(
    '%s: the client does not connect again',
    async (cause) => {
      const { client: ada, device } = await join(ADA)
      const states = statesOf(ada)
      world.relay.hangUp(device.deviceId, { cause, detail: 'for a test' })
      expect(states.at(-1)).toMatchObject({ state: 'closed', close: { cause } })
      expect(world.clock.nextIn).toBeUndefined()
    },
  )

  test('a token that is refused makes connect() fail; an absent relay makes it wait', async () => {
    const refused = world.client(await world.relay.device(ADA))
    world.relay.down = { cause: 'unauthenticated', detail: 'no such token' }
    await expect(refused.connect()).rejects.toThrow(ConnectError)

    const patient = world.client(await world.relay.device(ADA))
    const states = statesOf(patient)
    world.relay.down = { cause: 'lost', detail: 'nobody listens' }
    const online = patient.connect()
    await until('the first try', () => states.at(-1)?.state === 'waiting')
    world.relay.down = undefined
    world.clock.advance(1_000)
    await within(online, 'online')
  })

  test('letters that come again are not handed over again', async () => {
    const [{ client: ada }, { client: bob, device }] = [await join(ADA), await join(BOB)]
    for (const text of ['1', '2', '3']) await ada.send(BOB, text).accepted
    const reader = bob.messages()
    expect(bodies(await take(reader, 2))).toEqual(['1', '2'])
    await until('1 is acknowledged', () => world.relay.mailbox(device.deviceId).cursor === 1)
    const states = statesOf(bob)
    world.relay.hangUp(device.deviceId)
    world.clock.advance(1_000)
    await until('online', () => states.at(-1)?.state === 'online')
    await ada.send(BOB, '4').accepted
    expect(bodies(await take(reader, 2))).toEqual(['3', '4'])
    await reader.return()
    await until('all acknowledged', () => world.relay.mailbox(device.deviceId).cursor === 4)
  })
})
