/** A device has one connection: a second one replaces the first; nobody else's does. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { App, numbered } from './harness/app.ts'
import { World } from './harness/world.ts'
import { goodbye } from './stock/codes.ts'
import { KINDS, ONE_OF } from './stock/kinds.ts'

let world: World

beforeAll(async () => {
  world = await World.begin()
}, 30_000)

afterAll(() => world.end())

describe.each(KINDS)('$name', (kind) => {
  test('a second connection of a device replaces the first', async () => {
    const sender = await world.online(ONE_OF.messenger)
    const first = await world.online(kind)
    const second = new App(world.relay, kind, first.device)
    await second.open()
    const end = await first.client.ends.take('the first to be replaced')
    expect(end).toEqual(goodbye(kind.dialect, 'replaced', end))
    for (const text of numbered('to the second', 5)) {
      await sender.write(first.account, text)
      expect(await second.texts(1)).toEqual([text])
    }
    expect(second.repeated).toEqual([])
    // The first one has not come back by itself, or the two would push each other out for ever.
    expect(first.client.line.connections).toBe(1)
    expect(second.client.ends.size).toBe(0)
    await second.close()
  })

  test('another device, of the same person or of a stranger, replaces nothing', async () => {
    const sender = await world.online(ONE_OF.instagram)
    const first = await world.online(kind)
    const sister = await world.away(kind, first.account)
    const stranger = await world.away(kind)
    // Under the name that MQTT would know the first one's session by.
    await sister.open({ clientId: first.device.id })
    await stranger.open({ clientId: first.device.id })
    await sender.write(first.account, 'to both devices')
    await sender.write(stranger.account, 'to the stranger')
    expect(await first.texts(1)).toEqual(['to both devices'])
    expect(await sister.texts(1)).toEqual(['to both devices'])
    expect(await stranger.texts(1)).toEqual(['to the stranger'])
    expect(first.client.ends.size).toBe(0)
  })
})
