/** Signing up and in, as each network does it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { PASSWORD, request, signInWhatsapp, signUpInstagram } from './testing/client.ts'
import { startHarness, type Harness } from './testing/harness.ts'

let directory: Harness
beforeAll(async () => {
  directory = await startHarness()
})
afterAll(() => directory.stop())

const post = (path: string, body: unknown) => request(directory.url, 'POST', path, { body })

test('a phone number alone, proved by a code, makes a WhatsApp account', async () => {
  const asked = await post('/v1/whatsapp/codes', { phone: '+1 (415) 555-0123' })
  expect([asked.status, asked.json]).toEqual([202, {}])
  const code = directory.codes.get('+14155550123')
  expect(code).toMatch(/^[0-9]{6}$/)
  const first = await post('/v1/whatsapp/sign-in', { phone: '+14155550123', code })
  expect(first.status).toBe(200)
  expect(first.json).toEqual({
    accountToken: expect.stringMatching(/^isthacct_[A-Za-z0-9_-]{43}$/),
    address: 'whatsapp:14155550123',
    created: true,
  })
  const used = await post('/v1/whatsapp/sign-in', { phone: '14155550123', code })
  expect([used.status, used.json.code]).toEqual([401, 'wrong-code'])

  await post('/v1/whatsapp/codes', { phone: '14155550123' })
  const again = directory.codes.get('+14155550123')
  const second = await post('/v1/whatsapp/sign-in', { phone: '14155550123', code: again })
  expect(second.json.created).toBe(false)
})

test('a code has five tries and ten minutes', async () => {
  const phone = '4915112345678'
  await post('/v1/whatsapp/codes', { phone })
  const right = directory.codes.get(`+${phone}`)!
  const wrong = right === '000000' ? '000001' : '000000'
  for (let attempt = 0; attempt < 5; attempt++) {
    const reply = await post('/v1/whatsapp/sign-in', { phone, code: wrong })
    expect(reply.json.code).toBe('wrong-code')
  }
  expect((await post('/v1/whatsapp/sign-in', { phone, code: right })).status).toBe(401)

  await post('/v1/whatsapp/codes', { phone })
  const late = directory.codes.get(`+${phone}`)
  directory.clock.time += 600_000
  expect((await post('/v1/whatsapp/sign-in', { phone, code: late })).status).toBe(401)
})

test('of many who use one code at once, one gets in', async () => {
  const phone = '33612345678'
  await post('/v1/whatsapp/codes', { phone })
  const code = directory.codes.get(`+${phone}`)
  const tries = Array.from({ length: 4 }, () => post('/v1/whatsapp/sign-in', { phone, code }))
  const statuses = (await Promise.all(tries)).map(({ status }) => status)
  expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 401, 401, 401])
})

test('Instagram takes a handle, an e-mail address and a password', async () => {
  const body = { handle: 'grace.h', email: 'Grace@Example.org', password: PASSWORD }
  const created = await post('/v1/instagram/sign-up', body)
  expect([created.status, created.json.address]).toEqual([201, 'instagram:grace.h'])

  const byHandle = await post('/v1/instagram/sign-in', { handle: 'grace.h', password: PASSWORD })
  expect([byHandle.status, byHandle.json.address]).toEqual([200, 'instagram:grace.h'])
  const email = 'grace@example.ORG'
  const byEmail = await post('/v1/instagram/sign-in', { email, password: PASSWORD })
  expect(byEmail.status).toBe(200)
  expect(Object.keys(byEmail.json)).toEqual(['accountToken'])

  const sameEmail = await post('/v1/instagram/sign-up', { ...body, handle: 'other' })
  const sameHandle = await post('/v1/instagram/sign-up', { ...body, email: 'new@example.org' })
  expect([sameEmail.status, sameEmail.text]).toEqual([409, sameHandle.text])
  expect(sameEmail.json.code).toBe('taken')
})

test('wrong passwords and unknown names end the same', async () => {
  await signUpInstagram(directory, 'heidi')
  const password = 'not the password'
  const replies = await Promise.all([
    post('/v1/instagram/sign-in', { handle: 'heidi', password }),
    post('/v1/instagram/sign-in', { email: 'heidi@example.org', password }),
    post('/v1/instagram/sign-in', { handle: 'nobody.here', password }),
    post('/v1/instagram/sign-in', { email: 'nobody@example.org', password }),
    post('/v1/messenger/sign-in', { phone: '14155550123', password }),
  ])
  expect(new Set(replies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  expect(replies[0]?.json.code).toBe('bad-credentials')
})

test('Messenger makes a handle from the name and stores neither', async () => {
  const signUp = { name: 'Zoë Ångström', password: PASSWORD }
  const plain = await post('/v1/messenger/sign-up', { ...signUp, email: 'zoe@example.org' })
  expect([plain.status, plain.json.address]).toEqual([201, 'messenger:zoe.angstrom'])
  const namesake = await post('/v1/messenger/sign-up', { ...signUp, phone: '+46701234567' })
  expect(namesake.json.address).toMatch(/^messenger:zoe\.angstrom\.[0-9]{4,9}$/)
  const foreign = { ...signUp, name: '花子', email: 'hanako@example.org' }
  const spelled = await post('/v1/messenger/sign-up', foreign)
  expect(spelled.json.address).toMatch(/^messenger:person\.[0-9]{4,9}$/)
  const chosen = { ...signUp, handle: 'zoe.a', email: 'z@example.org' }
  expect((await post('/v1/messenger/sign-up', chosen)).json.address).toBe('messenger:zoe.a')

  for (const name of [{ handle: 'zoe.a' }, { email: 'z@example.org' }, { phone: '46701234567' }]) {
    const reply = await post('/v1/messenger/sign-in', { ...name, password: PASSWORD })
    expect(reply.status).toBe(200)
  }
})

test('the same e-mail address may be used on each network', async () => {
  const email = 'both@example.org'
  const instagram = { handle: 'both', email, password: PASSWORD }
  const messenger = { name: 'Both Sides', email, password: PASSWORD }
  expect((await post('/v1/instagram/sign-up', instagram)).status).toBe(201)
  expect((await post('/v1/messenger/sign-up', messenger)).status).toBe(201)
})

test('an account token is valid for one hour', async () => {
  const { accountToken } = await signInWhatsapp(directory, '12025550100')
  const list = () => request(directory.url, 'GET', '/v1/devices', { token: accountToken })
  expect((await list()).status).toBe(200)
  directory.clock.time += 3_599_000
  expect((await list()).status).toBe(200)
  directory.clock.time += 1_000
  const expired = await list()
  expect([expired.status, expired.json.code]).toEqual([401, 'unauthenticated'])
  expect(expired.headers.get('www-authenticate')).toContain('Bearer')
})
