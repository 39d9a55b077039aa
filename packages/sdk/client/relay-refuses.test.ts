import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { idsOf, refusal } from '../testing/fake-relay.ts'
import { World } from '../testing/people.ts'
import { ADA, bodies, BOB, codeOf } from '../testing/shorthand.ts'
import { take, until, within } from '../testing/wait.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

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
