import { expect, test } from '@jest/globals'
import { DirectoryStoreError, type DirectoryStore } from '../port.ts'
import { account, accountId, bytes, device, personOf, secret } from './records.ts'

export const accountContract = (
  store: () => DirectoryStore,
  reopen: () => Promise<DirectoryStore>,
): void => {
  test('gives an account back as it was created, also after reopening', async () => {
    const full = account({
      network: 'whatsapp',
      identityKey: bytes(32),
      passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA',
      devices: [device(), device()],
    })
    const bare = account()
    expect(await store().createAccount(full, personOf(full), [])).toBe('created')
    expect(await store().createAccount(bare, personOf(bare), [])).toBe('created')
    expect(await store().account(full.id)).toEqual(full)
    const again = await reopen()
    expect(await again.account(full.id)).toEqual(full)
    expect(await again.account(bare.id)).toEqual(bare)
    expect(await again.account(accountId())).toBeUndefined()
  })

  test('creates an id once, however many ask at once', async () => {
    const twins = Array.from({ length: 8 }, () => account({ id: 'A'.repeat(22) as never }))
    const outcomes = await Promise.all(
      twins.map((twin) => store().createAccount(twin, personOf(twin), [secret()])),
    )
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'handle-taken')).toHaveLength(7)
  })

  test('gives a login key to one account, and leaves nothing of a failed attempt', async () => {
    const [first, second] = [account(), account()]
    const [email, phone] = [secret(), secret()]
    await store().createAccount(first, personOf(first), [email])
    const refused = await store().createAccount(second, personOf(second), [phone, email])
    expect(refused).toBe('login-taken')
    expect(await store().account(second.id)).toBeUndefined()
    expect(await store().accountOfLogin(phone)).toBeUndefined()
    expect(await store().createAccount(second, personOf(second), [phone])).toBe('created')
    expect(await store().accountOfLogin(phone)).toBe(second.id)
    expect(await store().accountOfLogin(email)).toBe(first.id)
  })

  test('a taken handle keeps its login keys free', async () => {
    const first = account()
    const email = secret()
    await store().createAccount(first, personOf(first), [])
    const twin = account({ id: first.id })
    expect(await store().createAccount(twin, personOf(twin), [email])).toBe('handle-taken')
    expect(await store().accountOfLogin(email)).toBeUndefined()
    expect((await store().account(first.id))?.personId).toBe(first.personId)
  })

  test('replaces only the version that was read', async () => {
    const first = account()
    await store().createAccount(first, personOf(first), [])
    const phone = device()
    expect(await store().replaceAccount({ ...first, devices: [phone] })).toBe(true)
    expect(await store().replaceAccount({ ...first, devices: [] })).toBe(false)
    expect(await store().replaceAccount(account())).toBe(false)
    expect(await store().account(first.id)).toEqual({ ...first, version: 2, devices: [phone] })
  })

  test('lets one of many replacements of a version through', async () => {
    const first = account()
    await store().createAccount(first, personOf(first), [])
    const attempts = Array.from({ length: 8 }, () =>
      store().replaceAccount({ ...first, devices: [device()] }),
    )
    expect((await Promise.all(attempts)).filter(Boolean)).toHaveLength(1)
    expect((await store().account(first.id))?.devices).toHaveLength(1)
  })

  test('finds a device by its token for as long as the account has it', async () => {
    const [phone, tablet] = [device(), device()]
    const owner = account({ devices: [phone, tablet] })
    await store().createAccount(owner, personOf(owner), [])
    expect(await store().deviceOfToken(tablet.tokenHash)).toEqual({
      accountId: owner.id,
      deviceId: tablet.id,
    })
    await store().replaceAccount({ ...owner, devices: [phone] })
    expect(await store().deviceOfToken(tablet.tokenHash)).toBeUndefined()
    expect((await store().deviceOfToken(phone.tokenHash))?.deviceId).toBe(phone.id)
    expect(await store().deviceOfToken(secret())).toBeUndefined()
  })

  test('says unavailable once it is closed', async () => {
    await store().close()
    await expect(store().account(accountId())).rejects.toThrow(DirectoryStoreError)
    await expect(store().removeExpired(1)).rejects.toMatchObject({ reason: 'unavailable' })
  })
}
