/** Looking people up, allowing and blocking, reach, linking: as a person and as a router sees it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { SUBJECTS } from '@isthmus/bus/subjects'
import { Consent, ReachPolicy, resolveReply, resolveRequest } from '@isthmus/proto/codec'
import {
  type PersonWithDevice,
  addDevice,
  request,
  signInWhatsapp,
  signUpInstagram,
} from './testing/client.ts'
import { startHarness, type Harness } from './testing/harness.ts'

let directory: Harness
beforeAll(async () => {
  directory = await startHarness()
})
afterAll(() => directory.stop())

let count = 0
const instagram = async (reach = 'allowed'): Promise<PersonWithDevice> =>
  addDevice(directory, await signUpInstagram(directory, `person${count++}`, reach))
const whatsapp = async (reach = 'allowed'): Promise<PersonWithDevice> =>
  addDevice(directory, await signInWhatsapp(directory, `1202555${1000 + count++}`, reach))

const call = (method: string, path: string, token: string, body?: unknown) =>
  request(directory.url, method, path, { token, ...(body !== undefined && { body }) })

/** The ids of the devices that one finds at the other's address; undefined for a 404. */
const find = async (one: PersonWithDevice, other: PersonWithDevice) => {
  const reply = await call('GET', `/v1/people/${other.path}/devices`, one.deviceToken)
  if (reply.status === 404) return undefined
  return reply.json.devices.map(({ deviceId }) => deviceId).toSorted()
}

/** What a router learns about writing from one to the other. */
const resolve = async (from: PersonWithDevice, to: PersonWithDevice) => {
  const { accountId, pairTag } = directory.ids
  const [recipient, sender] = [accountId(to.address), accountId(from.address)]
  const questions = [{ accountId: recipient, pairTag: pairTag(recipient, sender) }]
  const bytes = resolveRequest.encode({ questions })
  const reply = await directory.bus.request(SUBJECTS.resolve, bytes, 5_000)
  return resolveReply.decode(reply).resolutions[0]!
}

/** What the directory announces from here on. */
const listen = (): Harness['changes'] => {
  directory.changes.length = 0
  return directory.changes
}

const say = (one: PersonWithDevice, consent: 'allowed' | 'blocked', other: PersonWithDevice) =>
  call('PUT', `/v1/consents/${other.path}`, one.deviceToken, { consent })
const takeBack = (one: PersonWithDevice, other: PersonWithDevice) =>
  call('DELETE', `/v1/consents/${other.path}`, one.deviceToken)
const link = (one: PersonWithDevice, other: PersonWithDevice) =>
  call('POST', '/v1/links', one.accountToken, { accountToken: other.accountToken })

test('strangers find people who are open to everyone, with keys to seal for', async () => {
  const [ada, ben] = [await instagram('everyone'), await whatsapp()]
  const reply = await call('GET', `/v1/people/${ada.path}/devices`, ben.deviceToken)
  expect(reply.json.devices).toEqual([
    {
      deviceId: ada.deviceId,
      x25519: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      ed25519: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      identityKey: Buffer.from(ada.identity.publicKey).toString('base64url'),
      identitySignature: expect.stringMatching(/^[A-Za-z0-9_-]{86}$/),
    },
  ])
  const byAccount = await call('GET', `/v1/people/${ada.path}/devices`, ben.accountToken)
  expect(byAccount.text).toBe(reply.text)
  expect(await resolve(ben, ada)).toMatchObject({ known: true, reach: ReachPolicy.EVERYONE })
})

test('a person under the default policy is found once the stranger is allowed', async () => {
  const [ada, ben] = [await instagram(), await whatsapp()]
  expect(await find(ben, ada)).toBeUndefined()
  expect(await resolve(ben, ada)).toMatchObject({
    reach: ReachPolicy.ALLOWED,
    consent: Consent.UNSPECIFIED,
  })
  expect((await say(ada, 'allowed', ben)).status).toBe(204)
  expect(await find(ben, ada)).toEqual([ada.deviceId])
  expect((await resolve(ben, ada)).consent).toBe(Consent.ALLOWED)
  expect(await find(ada, ben)).toBeUndefined()
  await takeBack(ada, ben)
  expect(await find(ben, ada)).toBeUndefined()
})

test('blocking hides a person who is open to everyone, until it is taken back', async () => {
  const [ada, ben] = [await instagram('everyone'), await whatsapp()]
  const changes = listen()
  await say(ada, 'blocked', ben)
  expect(await find(ben, ada)).toBeUndefined()
  expect(await resolve(ben, ada)).toMatchObject({ known: true, consent: Consent.BLOCKED })
  const tag = directory.ids.pairTag(
    directory.ids.accountId(ada.address),
    directory.ids.accountId(ben.address),
  )
  expect(changes).toEqual([{ accountIds: [], pairTags: [tag], revokedDeviceIds: [] }])
  await takeBack(ada, ben)
  expect(await find(ben, ada)).toEqual([ada.deviceId])
  expect(changes[1]?.pairTags).toEqual([tag])
})

test('what is said of nobody is noted like the rest', async () => {
  const ada = await instagram()
  const path = '/v1/consents/messenger/nobody.at.all'
  expect((await call('PUT', path, ada.deviceToken, { consent: 'blocked' })).status).toBe(204)
  expect((await call('DELETE', path, ada.deviceToken)).status).toBe(204)
  expect((await call('DELETE', path, ada.deviceToken)).status).toBe(204)
})

test('reach: the policy changes who finds, the networks where', async () => {
  const [ada, ben] = [await instagram(), await whatsapp()]
  const other = await whatsapp()
  const put = (body: object) => call('PUT', '/v1/reach', ada.deviceToken, body)
  const open = await put({ policy: 'everyone' })
  expect([open.status, open.json]).toEqual([200, { policy: 'everyone', networks: ['instagram'] }])
  expect(directory.changes.at(-1)?.accountIds).toEqual([directory.ids.accountId(ada.address)])
  expect(await find(ben, ada)).toEqual([ada.deviceId])
  const unlinked = await put({ policy: 'everyone', networks: ['whatsapp'] })
  expect([unlinked.status, unlinked.json.code]).toEqual([409, 'not-linked'])

  expect((await link(ada, other)).json).toEqual({ accounts: 2 })
  await put({ policy: 'everyone' })
  const both = [ada.deviceId, other.deviceId].sort()
  expect([await find(ben, ada), await find(ben, other)]).toEqual([both, both])
  await put({ policy: 'everyone', networks: ['whatsapp'] })
  expect([await find(ben, ada), await find(ben, other)]).toEqual([
    [other.deviceId],
    [other.deviceId],
  ])
  expect((await resolve(ben, ada)).deviceIds).toEqual([other.deviceId])
})

test('linking takes the stricter policy and every block along, in both directions', async () => {
  const [a, b] = [await instagram('everyone'), await whatsapp('everyone')]
  const [pest, friend] = [await instagram(), await whatsapp()]
  await say(a, 'blocked', pest)
  await say(b, 'allowed', pest)
  await call('PUT', '/v1/reach', b.deviceToken, { policy: 'allowed' })
  await say(b, 'allowed', friend)
  expect((await link(a, b)).status).toBe(200)

  for (const account of [a, b]) {
    expect((await resolve(pest, account)).consent).toBe(Consent.BLOCKED)
    expect(await find(pest, account)).toBeUndefined()
    expect(await find(friend, account)).toEqual([a.deviceId, b.deviceId].sort())
    expect((await resolve(friend, account)).reach).toBe(ReachPolicy.ALLOWED)
  }
  // Said by one account, it holds for both; taken back by the other, it is gone for both.
  const late = await instagram()
  await say(a, 'allowed', late)
  expect(await find(late, b)).toBeDefined()
  await takeBack(b, late)
  expect([await find(late, a), await find(late, b)]).toEqual([undefined, undefined])
})

test('a word about a person holds for all accounts that the person has linked', async () => {
  const ada = await instagram('everyone')
  const [one, two] = [await instagram(), await whatsapp()]
  await link(one, two)
  await say(ada, 'blocked', one)
  expect([await find(one, ada), await find(two, ada)]).toEqual([undefined, undefined])
  // Also when they have been taken apart meanwhile.
  await call('DELETE', '/v1/links', two.accountToken)
  await takeBack(ada, one)
  expect([await find(one, ada), await find(two, ada)]).toEqual([[ada.deviceId], [ada.deviceId]])
})

test('one’s own accounts always find each other and may write to each other', async () => {
  const [a, b] = [await instagram(), await whatsapp()]
  expect(await find(a, a)).toEqual([a.deviceId])
  expect((await resolve(a, a)).consent).toBe(Consent.ALLOWED)
  await link(a, b)
  expect(await find(a, b)).toEqual([a.deviceId, b.deviceId].sort())
  expect((await resolve(a, b)).consent).toBe(Consent.ALLOWED)
})

test('linking needs the other account’s own token', async () => {
  const [a, b] = [await instagram(), await whatsapp()]
  for (const accountToken of [b.deviceToken, 'isthacct_' + 'A'.repeat(43), 'x', '']) {
    const reply = await call('POST', '/v1/links', a.accountToken, { accountToken })
    expect([reply.status, reply.json.code]).toEqual([403, 'bad-proof'])
  }
  const byDevice = await call('POST', '/v1/links', a.deviceToken, { accountToken: b.accountToken })
  expect(byDevice.status).toBe(401)
  expect(await find(a, b)).toBeUndefined()
})

test('an account that is taken out stands alone, as strict as before', async () => {
  const [a, b, c] = [await instagram(), await whatsapp(), await instagram()]
  await link(a, b)
  expect((await link(b, c)).json).toEqual({ accounts: 3 })
  expect((await call('DELETE', '/v1/links', b.accountToken)).status).toBe(204)
  expect(await find(a, b)).toBeUndefined()
  expect(await find(a, c)).toEqual([a.deviceId, c.deviceId].sort())
  expect((await resolve(a, b)).reach).toBe(ReachPolicy.ALLOWED)
  expect((await call('DELETE', '/v1/links', b.accountToken)).status).toBe(204)
  expect((await link(b, a)).json).toEqual({ accounts: 3 })
})

test('a person has four accounts at most', async () => {
  const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => instagram()))
  const replies = []
  for (const other of others) replies.push(await link(first!, other))
  expect(replies.map(({ json }) => json.accounts ?? json.code)).toEqual([
    2,
    3,
    4,
    'too-many-accounts',
  ])
})

test('links made at once from all sides end in one person', async () => {
  const people = await Promise.all([instagram(), whatsapp(), instagram(), whatsapp()])
  const pairs = people.flatMap((one, i) =>
    people.slice(i + 1).flatMap((other) => [[one, other] as const, [other, one] as const]),
  )
  const linked = await Promise.all(pairs.map(([one, other]) => link(one, other)))
  // Those who kept losing races are told to come again.
  const busy = pairs.filter((_, i) => linked[i]?.status === 503)
  for (const [one, other] of busy) expect((await link(one, other)).status).toBe(200)
  const everyone = people.map(({ deviceId }) => deviceId).sort()
  for (const one of people) expect(await find(one, one)).toEqual(everyone)
})
