import { describe, expect, test } from '@jest/globals'
import { nativePrimitives } from '../seal/native.ts'
import { createTestRealm } from '../testing/realm.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { createCertificateKeeper } from './certificate-keeper.ts'
import { DirectoryError } from './error.ts'

const DAY = 86_400_000

const setUp = async () => {
  const clock = new VirtualClock()
  const realm = await createTestRealm(nativePrimitives, clock.now())
  const issue = async (): Promise<Uint8Array> => {
    const issuedAt = clock.now()
    const dates = { issuedAt, expiresAt: issuedAt + 7 * DAY }
    return (await realm.device('instagram:ada', dates)).certificate
  }
  const first = await issue()
  const kept: Uint8Array[] = []
  let asked = 0
  let isAway = false
  const keeper = createCertificateKeeper({
    certificate: first,
    renew: async () => {
      asked++
      if (isAway) throw new DirectoryError('unreachable')
      return issue()
    },
    keep: (certificate) => kept.push(certificate),
    clock,
  })
  return {
    clock,
    first,
    kept,
    keeper,
    asked: () => asked,
    setAway: (away: boolean) => (isAway = away),
  }
}

describe('certificate keeper', () => {
  test('gives the old one while more than a quarter of its life is left', async () => {
    const { clock, first, keeper, asked } = await setUp()
    clock.advance(5 * DAY)
    expect(await keeper.current()).toBe(first)
    expect(asked()).toBe(0)
  })

  test('renews in time, without keeping anybody waiting', async () => {
    const { clock, first, kept, keeper, asked } = await setUp()
    clock.advance(5.5 * DAY)
    expect(await keeper.current()).toBe(first)
    expect(await keeper.current()).toBe(first)
    expect(asked()).toBe(1)
    // The renewal is a handful of promises away.
    while (kept.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(await keeper.current()).toBe(kept[0])
  })

  test('when the old one is over, waits for the new one, asking once', async () => {
    const { clock, kept, keeper, asked } = await setUp()
    clock.advance(8 * DAY)
    const both = await Promise.all([keeper.current(), keeper.current()])
    expect(asked()).toBe(1)
    expect(both).toEqual([kept[0], kept[0]])
  })

  test('with the directory away: serves as long as it can, then fails, and recovers', async () => {
    const { clock, first, keeper, asked, setAway } = await setUp()
    setAway(true)
    clock.advance(6 * DAY)
    expect(await keeper.current()).toBe(first)
    expect(await keeper.current()).toBe(first)
    expect(asked()).toBe(1)
    clock.advance(60_000)
    await keeper.current()
    expect(asked()).toBe(2)
    clock.advance(DAY)
    await expect(keeper.current()).rejects.toThrow(DirectoryError)
    setAway(false)
    expect(await keeper.current()).not.toBe(first)
  })
})
