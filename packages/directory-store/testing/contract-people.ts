import { expect, test } from '@jest/globals'
import type { AccountRecord, DirectoryStore } from '../port.ts'
import { account, accountId, device, personOf } from './records.ts'

export const personContract = (store: () => DirectoryStore): void => {
  const created = async (given: Partial<AccountRecord> = {}): Promise<AccountRecord> => {
    const record = account(given)
    await store().createAccount(record, personOf(record), [])
    return record
  }

  test('answers for many accounts in their order', async () => {
    const [ada, ben] = [await created({ devices: [device()] }), await created()]
    const views = await store().peopleOf([ben.id, accountId(), ada.id, ben.id])
    expect(views).toEqual([
      { person: personOf(ben), accounts: [ben] },
      undefined,
      { person: personOf(ada), accounts: [ada] },
      { person: personOf(ben), accounts: [ben] },
    ])
    expect(await store().peopleOf([])).toEqual([])
  })

  test('counts an account once the person lists it and it names the person', async () => {
    const [ada, alter] = [await created(), await created({ network: 'whatsapp' })]
    const person = personOf(ada, { accountIds: [ada.id, alter.id] })
    expect(await store().replacePerson(person)).toBe(true)
    const before = await store().peopleOf([ada.id, alter.id])
    expect(before.map((view) => view?.accounts.map(({ id }) => id))).toEqual([[ada.id], [alter.id]])

    await store().replaceAccount({ ...alter, personId: ada.personId })
    const after = await store().peopleOf([ada.id, alter.id])
    const both = [ada.id, alter.id]
    expect(after.map((view) => view?.accounts.map(({ id }) => id))).toEqual([both, both])
    expect(after[1]?.person).toEqual({ ...person, version: 2 })
  })

  test('counts the asked account even where the person does not list it', async () => {
    const [ada, alter] = [await created(), await created()]
    await store().replaceAccount({ ...alter, personId: ada.personId })
    const views = await store().peopleOf([ada.id, alter.id])
    const ids = views.map((view) => view?.accounts.map(({ id }) => id))
    expect(ids).toEqual([[ada.id], [ada.id, alter.id]])
  })

  test('keeps reach and networks, and replaces only the version that was read', async () => {
    const ada = await created()
    const person = personOf(ada, { reach: 'everyone', networks: ['whatsapp', 'instagram'] })
    expect(await store().replacePerson(person)).toBe(true)
    expect(await store().replacePerson({ ...person, reach: 'allowed' })).toBe(false)
    const [view] = await store().peopleOf([ada.id])
    expect(view?.person).toEqual({ ...person, version: 2 })
    expect(await store().replacePerson(personOf(account()))).toBe(false)
  })

  test('moves an account to a person that was created for it', async () => {
    const ada = await created()
    const fresh = { ...personOf(ada), id: accountId() as string }
    await store().createPerson(fresh)
    await store().replaceAccount({ ...ada, personId: fresh.id })
    const [view] = await store().peopleOf([ada.id])
    expect(view?.person).toEqual(fresh)
  })

  test('removes a person of this version alone', async () => {
    const ada = await created()
    const spare = { ...personOf(ada), id: accountId() as string }
    await store().createPerson(spare)
    expect(await store().removePerson(spare.id, 2)).toBe(false)
    expect(await store().removePerson(spare.id, 1)).toBe(true)
    expect(await store().removePerson(spare.id, 1)).toBe(false)
    expect(await store().replacePerson(spare)).toBe(false)
  })
}
