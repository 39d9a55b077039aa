import { expect, test } from '@jest/globals'
import type { DirectoryStore } from '../port.ts'
import { accountId, secret } from './records.ts'

export const secretContract = (
  store: () => DirectoryStore,
  reopen: () => Promise<DirectoryStore>,
): void => {
  const code = (given: object = {}) => ({
    phoneKey: secret(),
    codeHash: secret(),
    triesLeft: 5,
    expiresAt: 1_000,
    ...given,
  })

  test('gives a code as often as it has tries, however many ask at once', async () => {
    const record = code()
    await store().putCode(record)
    const asked = Array.from({ length: 9 }, () => store().takeCodeTry(record.phoneKey, 999))
    const given = (await Promise.all(asked)).filter((found) => found !== undefined)
    const triesLeft = given.map((record) => record.triesLeft)
    expect(triesLeft.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4])
    expect(given.every(({ codeHash }) => codeHash === record.codeHash)).toBe(true)
  })

  test('gives no code that has expired, was replaced or was never set', async () => {
    const record = code()
    await store().putCode(record)
    expect(await store().takeCodeTry(record.phoneKey, 1_000)).toBeUndefined()
    expect(await store().takeCodeTry(secret(), 1)).toBeUndefined()
    const newer = code({ phoneKey: record.phoneKey })
    await store().putCode(newer)
    expect(await store().takeCodeTry(record.phoneKey, 1)).toEqual({ ...newer, triesLeft: 4 })
    expect(await store().useCode(record.phoneKey, record.codeHash)).toBe(false)
  })

  test('lets one caller use a code', async () => {
    const record = code()
    await store().putCode(record)
    const uses = [1, 2, 3].map(() => store().useCode(record.phoneKey, record.codeHash))
    expect((await Promise.all(uses)).filter(Boolean)).toHaveLength(1)
    expect(await store().takeCodeTry(record.phoneKey, 1)).toBeUndefined()
  })

  test('knows an account token until it expires, also after reopening', async () => {
    const token = { hash: secret(), accountId: accountId(), expiresAt: 2_000 }
    await store().putAccountToken(token)
    const again = await reopen()
    expect(await again.accountOfToken(token.hash, 1_999)).toBe(token.accountId)
    expect(await again.accountOfToken(token.hash, 2_000)).toBeUndefined()
    expect(await again.accountOfToken(secret(), 1)).toBeUndefined()
  })

  test('sweeps what has expired and keeps the rest', async () => {
    const [old, live] = [code(), code({ expiresAt: 5_000 })]
    const token = { hash: secret(), accountId: accountId(), expiresAt: 5_000 }
    const stale = { hash: secret(), accountId: accountId(), expiresAt: 900 }
    await store().putCode(old)
    await store().putCode(live)
    await store().putAccountToken(token)
    await store().putAccountToken(stale)
    await store().removeExpired(1_000)
    // Asked as of a time at which they had not expired: what is gone was swept.
    expect(await store().takeCodeTry(old.phoneKey, 1)).toBeUndefined()
    expect(await store().accountOfToken(stale.hash, 1)).toBeUndefined()
    expect(await store().takeCodeTry(live.phoneKey, 1)).toBeDefined()
    expect(await store().accountOfToken(token.hash, 1)).toBe(token.accountId)
  })
}
