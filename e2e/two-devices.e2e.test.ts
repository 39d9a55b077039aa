/** A person with two devices reads on both; devices come and go, and senders notice. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { World } from './harness/world.ts'
import { goodbye, refusal } from './stock/codes.ts'
import { KINDS, ONE_OF } from './stock/kinds.ts'

let world: World

beforeAll(async () => {
  world = await World.begin()
}, 30_000)

afterAll(() => world.end())

describe.each(KINDS)('$name', (kind) => {
  test('reads on two devices, each its own letter', async () => {
    const sender = await world.online(ONE_OF.messenger)
    const phone = await world.online(kind)
    const laptop = await world.online(kind, phone.account)
    const letters = await sender.seal(phone.account, 'to both')
    expect(letters.map(({ device }) => device).toSorted()).toEqual(
      [phone.device.id, laptop.device.id].toSorted(),
    )
    await sender.client.send(phone.account, randomUUID(), letters)
    for (const device of [phone, laptop]) {
      expect(await device.read(1)).toMatchObject([{ sequence: 1, text: 'to both' }])
    }
  })

  test('is told which device is missing, and which is gone', async () => {
    const sender = await world.online(kind)
    const phone = await world.away(ONE_OF.instagram)
    const { account } = phone
    const toOne = await sender.seal(account, 'before there was a second device')
    const laptop = await world.away(ONE_OF.instagram, account)
    expect(await sender.client.send(account, 'm1', toOne)).toMatchObject({
      ...refusal(kind.dialect, 'STALE_DEVICES'),
      missing: [laptop.device.id],
      extra: [],
    })
    const toBoth = await sender.seal(account, 'to both')
    await world.ask(account.token, 'DELETE', `/v1/devices/${phone.device.id}`)
    expect(await sender.client.send(account, 'm2', toBoth)).toMatchObject({
      ...refusal(kind.dialect, 'STALE_DEVICES'),
      missing: [],
      extra: [phone.device.id],
    })
    // Nothing of what was refused was delivered, and the id of a refused message is still free.
    const [, toLaptop] = toBoth.toSorted((a) => (a.device === phone.device.id ? -1 : 1))
    expect(await sender.client.send(account, 'm2', [toLaptop!])).toMatchObject({
      answer: 'ACCEPTED',
    })
    await laptop.open()
    expect(await laptop.read(1)).toMatchObject([{ sequence: 1, text: 'to both' }])
  })

  test('is disconnected when its device is revoked, and stays out', async () => {
    const lost = await world.online(kind)
    const kept = await world.online(kind, lost.account)
    await world.ask(lost.account.token, 'DELETE', `/v1/devices/${lost.device.id}`)
    const end = await lost.client.ends.take('the revoked device to be disconnected')
    expect(end).toEqual(goodbye(kind.dialect, 'revoked', end))
    await lost.close()
    await expect(lost.open()).rejects.toThrow()
    const sender = await world.online(ONE_OF.whatsapp)
    expect(await sender.write(kept.account, 'to the one left')).toMatchObject({
      answer: 'ACCEPTED',
    })
    expect(await kept.texts(1)).toEqual(['to the one left'])
  })
})
