/** Letters wait for a device that is away, and come when it is back: in order, once, no gap. */
import { NETWORKS } from '@isthmus/runtime/address'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { accepted, numbered } from './harness/app.ts'
import { World } from './harness/world.ts'
import { KINDS, ONE_OF } from './stock/kinds.ts'

let world: World

beforeAll(async () => {
  world = await World.begin()
}, 30_000)

afterAll(() => world.end())

describe.each(NETWORKS)('from %s', (network) => {
  test.each(NETWORKS)('to %s: what waits comes first, then what is live', async (other) => {
    const sender = await world.online(ONE_OF[network])
    const recipient = await world.away(ONE_OF[other])
    await accepted(await sender.writeAll(recipient.account, numbered('waiting', 5)))
    await recipient.open()
    expect(await recipient.texts(5)).toEqual(numbered('waiting', 5))
    await accepted(await sender.writeAll(recipient.account, numbered('live', 3)))
    expect(await recipient.texts(3)).toEqual(numbered('live', 3))
    expect(recipient.shown.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(recipient.repeated).toEqual([])
  })
})

describe.each(KINDS)('$name', (kind) => {
  test('never gets again what it has acknowledged', async () => {
    const sender = await world.online(ONE_OF.messenger)
    const recipient = await world.online(kind)
    await accepted(await sender.writeAll(recipient.account, numbered('read', 3)))
    await recipient.read(3)
    await recipient.close()
    await recipient.open()
    await sender.write(recipient.account, 'new')
    expect(await recipient.read(1)).toMatchObject([{ sequence: 4, text: 'new' }])
    expect(recipient.repeated).toEqual([])
  })

  test('gets again what it has not acknowledged', async () => {
    const sender = await world.online(ONE_OF.messenger)
    const recipient = await world.online(kind)
    // Its acknowledgements do not get through, and then it is gone for good.
    recipient.client.line.hold('up')
    await accepted(await sender.writeAll(recipient.account, numbered('read', 3)))
    await recipient.read(3)
    await recipient.crash()
    await recipient.open()
    await sender.write(recipient.account, 'new')
    expect(await recipient.read(1)).toMatchObject([{ sequence: 4, text: 'new' }])
    expect(recipient.repeated).toEqual([1, 2, 3])
  })

  test('catches up with many letters while more come, without a gap', async () => {
    const sender = await world.online(ONE_OF.instagram)
    const recipient = await world.away(kind)
    // More than a page and a window, so that it takes several of each.
    await accepted(await sender.writeAll(recipient.account, numbered('letter', 300)))
    const more = sender.writeAll(recipient.account, numbered('letter', 100, 301))
    await recipient.open()
    expect(await recipient.texts(400)).toEqual(numbered('letter', 400))
    await accepted(await more)
    expect(recipient.shown.at(-1)?.sequence).toBe(400)
    expect(recipient.repeated).toEqual([])
  })
})
