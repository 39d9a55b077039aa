import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { IsthmusClient } from '../client.ts'
import type { Credentials } from '../credentials.ts'
import { fileStore, type FileStore } from '../storage/file.ts'
import { idsOf } from '../testing/fake-relay.ts'
import { World } from '../testing/people.ts'
import { ADA, bodies, BOB } from '../testing/shorthand.ts'
import { take, until, within } from '../testing/wait.ts'

let world: World
let folder: string
let stores: FileStore[]
beforeEach(async () => {
  world = await World.start()
  folder = await mkdtemp(join(tmpdir(), 'isthmus-restart-'))
  stores = []
})
afterEach(async () => {
  await world.end()
  await Promise.all(stores.map((store) => store.close()))
  await rm(folder, { recursive: true })
})

/** A process of the application: a client on what lies in its file. It is never closed nicely. */
const run = async (device: Credentials): Promise<IsthmusClient> => {
  const store = await fileStore(join(folder, device.deviceId))
  stores.push(store)
  return world.client(device, { store })
}

describe('the process dies and comes back', () => {
  test('what was not accepted goes out, in order, under the same ids', async () => {
    const [device, bob] = [await world.relay.device(ADA), await world.join(BOB)]
    const first = await run(device)
    await first.connect()
    world.relay.script = () => 'silence'
    const sent = ['1', '2', '3'].map((text) => first.send(BOB, text).id)
    await until('the first submission', () => world.relay.submissions.length === 1)
    const stored = await fileStore(join(folder, device.deviceId)).then(async (store) => {
      const entries = await store.entries(`${device.deviceId}/outbox/`)
      await store.close()
      return entries
    })
    expect(stored.size).toBe(3)
    world.relay.hangUp(device.deviceId, { cause: 'replaced', detail: 'the process died' })
    world.relay.script = () => undefined
    const second = await run(device)
    const told: string[] = []
    second.on('sending', ({ id, state }) => state === 'accepted' && told.push(id))
    await second.connect()
    expect(bodies(await take(bob.messages(), 3))).toEqual(['1', '2', '3'])
    expect(told).toEqual(sent)
    expect([...new Set(idsOf(world.relay))].slice(0, 3)).toEqual(sent)
    const third = await run(device)
    await third.connect()
    await within(third.send(BOB, '4').accepted, 'accepted')
    expect(idsOf(world.relay).filter((id) => sent.includes(id))).toHaveLength(4)
  })

  test('what the next process sends goes out behind what the first one left', async () => {
    const [device, bob] = [await world.relay.device(ADA), await world.join(BOB)]
    world.relay.script = () => 'silence'
    for (const texts of [['1', '2'], ['3'], ['4']]) {
      const client = await run(device)
      await client.connect()
      const before = world.relay.submissions.length
      for (const text of texts) client.send(BOB, text)
      await until('a submission', () => world.relay.submissions.length > before)
      const last = texts.at(-1) === '4'
      if (last) world.relay.script = () => undefined
      world.relay.hangUp(device.deviceId, {
        ...{ cause: last ? 'lost' : 'replaced', detail: 'the process died' },
      })
    }
    world.clock.advance(10_000)
    expect(bodies(await take(bob.messages(), 4))).toEqual(['1', '2', '3', '4'])
  })

  test('what was handed over does not show again, also if the relay did not hear of it', async () => {
    const [ada, device] = [await world.join(ADA), await world.relay.device(BOB)]
    const first = await run(device)
    await first.connect()
    const mailbox = world.relay.mailbox(device.deviceId)
    for (const text of ['1', '2']) await ada.send(BOB, text).accepted
    const letters = [...mailbox.letters]
    const reader = first.messages()
    expect(bodies(await take(reader, 2))).toEqual(['1', '2'])
    await reader.return()
    await until('both acknowledged', () => mailbox.cursor === 2)
    world.relay.hangUp(device.deviceId, { cause: 'replaced', detail: 'the process died' })
    // The relay lost both acknowledgements; to the second letter it gives a new place.
    mailbox.letters.push(letters[0]!)
    mailbox.cursor = 0
    mailbox.letters.push({ ...letters[1]!, sequence: ++mailbox.last })
    const second = await run(device)
    await second.connect()
    await ada.send(BOB, '3').accepted
    const again = second.messages()
    expect(bodies(await take(again, 1))).toEqual(['3'])
    await again.return()
    await until('all acknowledged', () => mailbox.letters.length === 0)
  })

  test('receipts that waited when the client was closed are sent by the next one', async () => {
    const [ada, device] = [await world.join(ADA), await world.relay.device(BOB)]
    const first = await run(device)
    await first.connect()
    const sendings = ['1', '2', '3'].map((text) => ada.send(BOB, text))
    await within(Promise.all(sendings.map(({ accepted }) => accepted)), 'all accepted')
    // The first receipt stays without an answer, so that the others wait behind it.
    world.relay.script = (_, login) => (login.address === BOB ? 'silence' : undefined)
    const reader = first.messages()
    await take(reader, 3)
    await reader.return()
    await first.close()
    world.relay.script = () => undefined
    const second = await run(device)
    await second.connect()
    await within(Promise.all(sendings.map(({ delivered }) => delivered)), 'all delivered')
    expect(sendings.map(({ state }) => state)).toEqual(['delivered', 'delivered', 'delivered'])
  })

  test('what the loop was still busy with comes again', async () => {
    const [ada, device] = [await world.join(ADA), await world.relay.device(BOB)]
    const first = await run(device)
    await first.connect()
    for (const text of ['1', '2']) await ada.send(BOB, text).accepted
    const reader = first.messages()
    await take(reader, 2)
    const mailbox = world.relay.mailbox(device.deviceId)
    await until('1 is acknowledged', () => mailbox.cursor === 1)
    world.relay.hangUp(device.deviceId, { cause: 'replaced', detail: 'the process died' })
    const second = await run(device)
    await second.connect()
    expect(bodies(await take(second.messages(), 1))).toEqual(['2'])
  })
})
