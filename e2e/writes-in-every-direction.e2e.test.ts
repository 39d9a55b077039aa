/** Somebody with any of the clients writes to somebody with any of them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { App } from './harness/app.ts'
import { World } from './harness/world.ts'
import type { StockKind } from './stock/client.ts'
import { KINDS } from './stock/kinds.ts'

let world: World
const senders = new Map<StockKind, App>()
const recipients = new Map<StockKind, App>()

beforeAll(async () => {
  world = await World.begin()
  for (const kind of KINDS) {
    senders.set(kind, await world.online(kind))
    recipients.set(kind, await world.online(kind))
  }
}, 30_000)

afterAll(() => world.end())

describe.each(KINDS)('$name', (from) => {
  test.each(KINDS)('to $name', async (to) => {
    const sender = senders.get(from)!
    const recipient = recipients.get(to)!
    const text = `from ${from.name} to ${to.name}: grüße, 你好, 🌉`
    expect(await sender.write(recipient.account, text)).toMatchObject({ answer: 'ACCEPTED' })
    expect(await recipient.read(1)).toMatchObject([{ from: sender.account.address, text }])
    expect(recipient.repeated).toEqual([])
  })
})
