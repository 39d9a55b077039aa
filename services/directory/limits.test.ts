/** Rate limits as clients meet them. */
import { afterEach, expect, test } from '@jest/globals'
import {
  addDevice,
  deviceRequest,
  PASSWORD,
  request,
  signUpInstagram,
  type Reply,
} from './testing/client.ts'
import { startHarness, type Harness } from './testing/harness.ts'

let directory: Harness
afterEach(() => directory.stop())

const start = async (env: Record<string, string>): Promise<void> => {
  const limits = Object.entries(env).map(([name, limit]) => [`ISTHMUS_DIRECTORY_${name}`, limit])
  directory = await startHarness({ env: Object.fromEntries(limits) })
}
const post = (path: string, body: unknown, headers = {}) =>
  request(directory.url, 'POST', path, { body, headers })
const codesOf = async (replies: readonly Promise<Reply>[]) =>
  (await Promise.all(replies)).map(({ status, json }) => json.code ?? status)

test('codes for one phone: five, then one as time brings it', async () => {
  await start({ LIMIT_CODES_PER_PHONE: '5/10h' })
  const ask = (phone: string) => post('/v1/whatsapp/codes', { phone })
  for (let time = 0; time < 5; time++) expect((await ask('14155550123')).status).toBe(202)
  const refused = await ask('+14155550123')
  expect([refused.status, refused.json.code]).toEqual([429, 'rate-limited'])
  expect(refused.json.retryAfterMs).toBe(7_200_000)
  expect(refused.headers.get('retry-after')).toBe('7200')
  expect((await ask('14155550124')).status).toBe(202)
  directory.clock.time += 7_200_000
  expect((await ask('14155550123')).status).toBe(202)
})

test('tries to sign in: for one name and for one client address', async () => {
  await start({ LIMIT_SIGN_INS_PER_NAME: '2/1h', LIMIT_SIGN_INS: '4/1h' })
  const signIn = (handle: string) => post('/v1/instagram/sign-in', { handle, password: PASSWORD })
  const codes = []
  for (const handle of ['ada', 'ada', 'ada', 'ben', 'ben']) {
    codes.push((await signIn(handle)).json.code)
  }
  const [wrong, limited] = ['bad-credentials', 'rate-limited']
  expect(codes).toEqual([wrong, wrong, limited, wrong, limited])
  const code = { phone: '14155550123', code: '000000' }
  expect((await post('/v1/whatsapp/sign-in', code)).json.code).toBe('rate-limited')
})

test('sign-ups: for the address that a trusted proxy names', async () => {
  await start({ LIMIT_SIGN_UPS: '2/1h', TRUSTED_PROXIES: '1' })
  let next = 0
  const signUp = (forwarded: string) => {
    const body = { handle: `h${next}`, email: `h${next++}@example.org`, password: PASSWORD }
    return post('/v1/instagram/sign-up', body, { 'x-forwarded-for': forwarded })
  }
  const codes = await codesOf([signUp('1.1.1.1, 2.2.2.2'), signUp('2.2.2.2'), signUp('3.3.3.3')])
  expect(codes).toEqual([201, 201, 201])
  expect(await codesOf([signUp('9.9.9.9, 2.2.2.2'), signUp('3.3.3.3')])).toEqual([
    'rate-limited',
    201,
  ])
})

test('look-ups and changes: for one account, whatever its token', async () => {
  await start({ LIMIT_LOOK_UPS: '3/1h', LIMIT_CHANGES: '4/1h' })
  const ada = await addDevice(directory, await signUpInstagram(directory, 'ada'))
  const lookUp = (token: string) =>
    request(directory.url, 'GET', '/v1/people/whatsapp/14155550123/devices', { token })
  const looked = []
  for (const token of [ada.deviceToken, ada.accountToken, ada.deviceToken, ada.accountToken]) {
    looked.push((await lookUp(token)).json.code)
  }
  const unknown = 'unknown-recipient'
  expect(looked).toEqual([unknown, unknown, unknown, 'rate-limited'])

  const body = deviceRequest(ada.address, ada.identity)
  const token = ada.accountToken
  const change = () => request(directory.url, 'POST', '/v1/devices', { token, body })
  // One was taken when the first device was registered.
  const changed = []
  for (let time = 0; time < 4; time++) changed.push((await change()).json.code)
  expect(changed.at(-1)).toBe('rate-limited')
  expect(changed.slice(0, 3)).not.toContain('rate-limited')
})

test('passwords: more than may wait are told to come again', async () => {
  await start({ PASSWORDS_AT_ONCE: '1', PASSWORDS_WAITING: '2' })
  const signIn = () => post('/v1/instagram/sign-in', { handle: 'ada', password: PASSWORD })
  const codes = await codesOf(Array.from({ length: 12 }, signIn))
  expect(new Set(codes)).toEqual(new Set(['bad-credentials', 'unavailable']))
  expect((await signIn()).json.code).toBe('bad-credentials')
})
