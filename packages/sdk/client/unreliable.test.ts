import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { IsthmusClient } from '../client.ts'
import { SendError } from '../errors.ts'
import { sealLetter } from '../seal/letter.ts'
import { encodeContent } from '../content.ts'
import { memoryStore } from '../storage/memory.ts'
import type { Credentials } from '../credentials.ts'
import { idsOf, refusal } from '../testing/fake-relay.ts'
import { World } from '../testing/people.ts'
import { createTestRealm } from '../testing/realm.ts'
import { nativePrimitives } from '../seal/native.ts'
import { next, take, until, within } from '../testing/wait.ts'
import { ConnectError } from '../transports/port.ts'
import type { Message, StateEvent } from './events.ts'

const ADA = 'instagram:ada'
const BOB = 'whatsapp:14155550123'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

const bodies = (messages: readonly Message[]): string[] =>
  messages.map(({ content }) => ('body' in content ? content.body : content.kind))

const codeOf = (accepted: Promise<void>): Promise<string> =>
  within(accepted, 'the answer').then(
    () => 'accepted',
    (error: unknown) => (error instanceof SendError ? error.code : String(error)),
  )

/** A letter to a device, sealed by hand. */
const letterTo = (to: Credentials, from: Credentials, id: string): Promise<Uint8Array> => {
  const header = { id, sentAt: world.clock.now(), to: to.address }
  const content = encodeContent(header, { kind: 'text', body: `text of ${id}` })
  return sealLetter(content, from, to.x25519.publicKey)
}

const statesOf = (client: IsthmusClient): StateEvent[] => {
  const states: StateEvent[] = []
  client.on('state', (event) => states.push(event))
  return states
}

describe('the relay refuses for now', () => {
  test('a new device of the recipient: sealed anew for all, under the same id', async () => {
    const [ada, bob] = [await world.join(ADA), await world.join(BOB)]
    await within(ada.send(BOB, 'first').accepted, 'the first')
    const second = await world.join(BOB)
    const sending = ada.send(BOB, 'second')
    await within(sending.accepted, 'the second')
    expect(idsOf(world.relay).filter((id) => id === sending.id)).toHaveLength(2)
    expect(world.relay.lookUps.filter((address) => address === BOB)).toHaveLength(2)
    expect(bodies(await take(second.messages(), 1))).toEqual(['second'])
    expect(bodies(await take(bob.messages(), 2))).toEqual(['first', 'second'])
  })

  test('a list that stays stale fails after a bounded number of tries', async () => {
    const ada = await world.join(ADA)
    await world.relay.device(BOB)
    world.relay.script = () => refusal('stale-devices', { missing: ['x'] })
    const code = codeOf(ada.send(BOB, 'hello').accepted)
    for (let tries = 1; tries <= 6; tries++) {
      await until(`try ${tries}`, () => world.relay.submissions.length === tries)
      world.clock.advance(1_000)
    }
    expect(await code).toBe('stale-devices')
    expect(new Set(idsOf(world.relay)).size).toBe(1)
  })

  test.each(['unavailable', 'rate-limited', 'mailbox-full'] as const)(
    '%s: again after its wait, under the same id, the order kept',
    async (code) => {
      const [ada, bob] = [await world.join(ADA), await world.join(BOB)]
      world.relay.script = () => refusal(code, { retryAfterMs: 5_000 })
      const sendings = ['1', '2'].map((text) => ada.send(BOB, text))
      await until('the first try', () => world.relay.submissions.length === 1)
      world.relay.script = () => undefined
      world.clock.advance(4_999)
      expect(world.relay.submissions).toHaveLength(1)
      world.clock.advance(200)
      await within(Promise.all(sendings.map(({ accepted }) => accepted)), 'both')
      const [one, two] = sendings
      expect(idsOf(world.relay).slice(0, 3)).toEqual([one?.id, one?.id, two?.id])
      expect(bodies(await take(bob.messages(), 2))).toEqual(['1', '2'])
    },
  )

  test('for a day, then the message fails', async () => {
    const ada = await world.join(ADA, { giveUpAfterMs: 10_000 })
    await world.relay.device(BOB)
    world.relay.script = () => refusal('unavailable', { retryAfterMs: 11_000 })
    const code = codeOf(ada.send(BOB, 'hello').accepted)
    await until('the first try', () => world.relay.submissions.length === 1)
    world.clock.advance(12_000)
    expect(await code).toBe('unavailable')
  })

  test.each(['refused', 'forbidden'] as const)('%s: not again', async (refused) => {
    const ada = await world.join(ADA)
    await world.relay.device(BOB)
    world.relay.script = () => refusal(refused)
    expect(await codeOf(ada.send(BOB, 'hello').accepted)).toBe(refused)
    expect(world.relay.submissions).toHaveLength(1)
  })
})

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
    const content = encodeContent(
      { id: 'm', sentAt: 0, to: BOB },
      { kind: 'text', body: 'I am Ada' },
    )
    world.relay.deliver(bob.deviceId, await sealLetter(content, eve, bob.x25519.publicKey))
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
      const letter = await letterTo(bob, phone as unknown as Credentials, `m${at}`)
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
