/** The network drops in the middle of it all: nothing is lost, nothing shows twice, order holds. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { accepted, numbered } from './harness/app.ts'
import { World } from './harness/world.ts'
import { KINDS, ONE_OF } from './stock/kinds.ts'

let world: World

beforeAll(async () => {
  world = await World.begin()
}, 30_000)

afterAll(() => world.end())

/** 1, 2, ... */
const counting = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

describe.each(KINDS)('$name', (kind) => {
  test('receives through drops', async () => {
    const sender = await world.online(ONE_OF.messenger)
    const recipient = await world.online(kind)
    const { line, returns } = recipient.client
    // In the middle of a letter each time.
    line.cutAfter('down', [23_456, 20_123, 21_012, 22_345])
    const answers = await sender.writeAll(recipient.account, numbered('letter', 200))
    for (let drop = 1; drop <= 4; drop++) {
      const how = await returns.take(`return ${drop}`)
      // XMPP and MQTT resume their sessions; GraphQL goes on from the cursor.
      expect(how).toBe(kind.dialect === 'graphql' ? 'anew' : 'resumed')
    }
    expect(await recipient.texts(200)).toEqual(numbered('letter', 200))
    await accepted(answers)
    expect(recipient.shown.map(({ sequence }) => sequence)).toEqual(counting(200))
  })

  test('sends through drops: what was accepted unheard is not delivered twice', async () => {
    const sender = await world.online(kind)
    const recipient = await world.online(ONE_OF.messenger)
    const { line } = sender.client
    for (let round = 0; round < 3; round++) {
      // The relay's answers do not get through. When the recipient has a letter it was accepted.
      line.hold('down')
      const from = round * 20 + 1
      const answers = await sender.writeAll(recipient.account, numbered('letter', 20, from))
      expect(await recipient.texts(10)).toEqual(numbered('letter', 10, from))
      line.release('down')
      line.cut()
      await accepted(answers)
      expect(await recipient.texts(10)).toEqual(numbered('letter', 10, from + 10))
    }
    expect(recipient.shown.map(({ sequence }) => sequence)).toEqual(counting(60))
    expect(recipient.repeated).toEqual([])
  })

  test('submits an id again and gets the first answer; nothing is delivered again', async () => {
    const sender = await world.online(kind)
    const recipient = await world.online(ONE_OF.instagram)
    const { account } = recipient
    const ACCEPTED = { answer: 'ACCEPTED' }
    expect(await sender.write(account, 'once', 'same-id')).toMatchObject(ACCEPTED)
    expect(await sender.write(account, 'another text', 'same-id')).toMatchObject(ACCEPTED)
    await sender.close()
    await sender.open()
    expect(await sender.write(account, 'later', 'same-id')).toMatchObject(ACCEPTED)
    expect(await sender.write(account, 'new', 'new-id')).toMatchObject(ACCEPTED)
    expect(await recipient.texts(2)).toEqual(['once', 'new'])
    expect(recipient.shown.at(-1)?.sequence).toBe(2)
  })

  test('reads on where it was when the app starts anew after a crash', async () => {
    const sender = await world.online(ONE_OF.whatsapp)
    const recipient = await world.online(kind)
    await accepted(await sender.writeAll(recipient.account, numbered('letter', 10)))
    await recipient.read(10)
    await recipient.crash()
    await accepted(await sender.writeAll(recipient.account, numbered('letter', 10, 11)))
    await recipient.open()
    expect(await recipient.texts(10)).toEqual(numbered('letter', 10, 11))
    expect(recipient.shown.at(-1)?.sequence).toBe(20)
  })
})
