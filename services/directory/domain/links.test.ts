/** Links that are interrupted between any two writes, and how two persons become one. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { DirectoryStoreError, type DirectoryStore } from '@isthmus/directory-store/port'
import { Consent } from '@isthmus/proto/codec'
import type { Network } from '@isthmus/runtime/address'
import { randomId, type AccountId } from '@isthmus/runtime/ids'
import { addDevice, request, signUpInstagram, type PersonWithDevice } from '../testing/client.ts'
import { startHarness, type Harness } from '../testing/harness.ts'
import type { Directory } from './directory.ts'
import { joinPeople } from './links.ts'
import { resolve } from './people.ts'

const WRITES = ['mergeConsents', 'replacePerson', 'replaceAccount', 'removePerson', 'createPerson']

/** Writes until the store fails once; Infinity for never. */
let writesLeft = Infinity
const failingStore = (store: DirectoryStore): DirectoryStore =>
  new Proxy(store, {
    get: (target, name: keyof DirectoryStore) =>
      WRITES.includes(name)
        ? async (...given: unknown[]) => {
            if (writesLeft-- === 0) throw new DirectoryStoreError('pulled the plug')
            return (target[name] as (...given: unknown[]) => unknown)(...given)
          }
        : target[name],
  })

let directory: Harness
beforeAll(async () => {
  directory = await startHarness({ wrapStore: failingStore })
})
afterAll(() => directory.stop())

let count = 0
const person = async (): Promise<PersonWithDevice> =>
  addDevice(directory, await signUpInstagram(directory, `person${count++}`, 'everyone'))
const call = (method: string, path: string, token: string, body?: unknown) =>
  request(directory.url, method, path, { token, ...(body !== undefined && { body }) })

const resolution = async (from: PersonWithDevice, to: PersonWithDevice) => {
  const { ids, store } = directory
  const [accountId, sender] = [ids.accountId(to.address), ids.accountId(from.address)]
  const question = { accountId, pairTag: ids.pairTag(accountId, sender) }
  const [answer] = await resolve({ ids, store } as Directory, [question])
  return answer!
}

/** Two people, one of whom has blocked a third. */
const cast = async () => {
  const [one, other, pest] = [await person(), await person(), await person()]
  await call('PUT', `/v1/consents/${pest.path}`, one.deviceToken, { consent: 'blocked' })
  return { one, other, pest }
}

test('a link that is interrupted anywhere lets nobody through, and is mended by another', async () => {
  let interrupted = 0
  for (let at = 0; ; at++) {
    const { one, other, pest } = await cast()
    const body = { accountToken: other.accountToken }
    writesLeft = at
    const { status } = await call('POST', '/v1/links', one.accountToken, body)
    writesLeft = Infinity
    for (const account of [one, other]) {
      const { deviceIds, consent } = await resolution(pest, account)
      // Where the pest would reach the one who blocked, the block stands in the way.
      expect(deviceIds.includes(one.deviceId) && consent !== Consent.BLOCKED).toBe(false)
      expect(deviceIds).toContain(account.deviceId)
    }
    if (status === 200) break
    expect(status).toBe(503)
    interrupted++
    const again = await call('POST', '/v1/links', other.accountToken, {
      accountToken: one.accountToken,
    })
    expect(again.json.accounts).toBe(2)
    const both = [one.deviceId, other.deviceId].sort()
    for (const account of [one, other]) {
      expect((await resolution(pest, account)).deviceIds.toSorted()).toEqual(both)
      expect((await resolution(pest, account)).consent).toBe(Consent.BLOCKED)
    }
  }
  // Consents, the person, the account, what is left of the other person, consents again.
  expect(interrupted).toBeGreaterThanOrEqual(4)
})

test('an unlink that is interrupted anywhere ends as one that was not', async () => {
  let interrupted = 0
  for (let at = 0; ; at++) {
    const { one, other, pest } = await cast()
    await call('POST', '/v1/links', one.accountToken, { accountToken: other.accountToken })
    writesLeft = at
    const { status } = await call('DELETE', '/v1/links', one.accountToken)
    writesLeft = Infinity
    if (status === 503) {
      interrupted++
      expect((await call('DELETE', '/v1/links', one.accountToken)).status).toBe(204)
    }
    expect((await resolution(pest, one)).deviceIds).toEqual([one.deviceId])
    expect((await resolution(pest, other)).deviceIds).toEqual([other.deviceId])
    expect((await resolution(pest, one)).consent).toBe(Consent.BLOCKED)
    // And it leaves no place taken: three more fit in with either.
    for (let more = 0; more < 3; more++) {
      const { accountToken } = await person()
      const linked = await call('POST', '/v1/links', other.accountToken, { accountToken })
      expect(linked.json.accounts).toBe(more + 2)
    }
    if (status === 204) break
  }
  expect(interrupted).toBe(3)
})

test('the stricter policy holds and no network is lost, whoever is first', () => {
  const some = (reach: 'everyone' | 'allowed', networks?: Network[]) => {
    const accountIds = [randomId() as AccountId]
    return { id: randomId(), version: 7, accountIds, reach, networks }
  }
  const join = (a: ReturnType<typeof some>, b: ReturnType<typeof some>) => {
    const { reach, networks } = joinPeople(a, b, [])
    return [reach, networks?.toSorted()]
  }
  const open = some('everyone', ['whatsapp'])
  const closed = some('allowed', ['instagram', 'whatsapp'])
  const all = some('everyone')
  for (const [a, b, expected] of [
    [open, closed, ['allowed', ['instagram', 'whatsapp']]],
    [open, all, ['everyone', undefined]],
    [closed, all, ['allowed', undefined]],
  ] as const) {
    expect(join(a, b)).toEqual(expected)
    expect(join(b, a)).toEqual(expected)
  }
})
