/** P5: what people type in is searched for, as bytes, in the store's files, the bus and the log. */
import { hash } from 'node:crypto'
import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { SUBJECTS } from '@isthmus/bus/subjects'
import type { Logger } from '@isthmus/runtime/logger'
import { addDevice, request, signInWhatsapp } from './testing/client.ts'
import { startHarness, type Harness } from './testing/harness.ts'

const handle = 'canary.handle'
const email = 'canary.mail@canary-domain.example'
const phone = '15005550177'
const otherPhone = '15005550188'
const name = 'Canaria Vogel'
const password = 'canary password 42'
const chosen = 'canary.messenger'

let logged = ''
const write = (...given: unknown[]): void => {
  logged += inspect(given, { depth: 9 })
}
const log: Logger = {
  debug: write,
  info: write,
  warn: write,
  error: write,
  child: () => log as never,
}

let directory: Harness
const onBus: Buffer[] = []
beforeAll(async () => {
  directory = await startHarness({ log })
  directory.bus.subscribe(SUBJECTS.directoryChanged, (data) => onBus.push(Buffer.from(data)))
})
afterAll(() => directory.stop())

/** As text, and as the plain hashes and encodings that somebody might think hide it. */
const shapesOf = (canary: string): Buffer[] => [
  Buffer.from(canary),
  Buffer.from(canary.toUpperCase()),
  Buffer.from(canary, 'utf16le'),
  Buffer.from(Buffer.from(canary).toString('base64url')),
  Buffer.from(Buffer.from(canary).toString('hex')),
  hash('sha256', canary, 'buffer'),
  Buffer.from(hash('sha256', canary, 'hex')),
  Buffer.from(hash('sha256', canary, 'base64url')),
]

const found = (haystack: Buffer, canaries: readonly string[]): string[] =>
  canaries.filter((canary) => shapesOf(canary).some((shape) => haystack.includes(shape)))

test('nothing that names a person, no token and no code is kept, published or logged', async () => {
  const post = (path: string, body: unknown, token?: string) =>
    request(directory.url, 'POST', path, { body, ...(token !== undefined && { token }) })
  const instagram = await post('/v1/instagram/sign-up', { handle, email, password })
  const first = { name, phone: otherPhone, password, handle: chosen }
  const messenger = await post('/v1/messenger/sign-up', first)
  const made = await post('/v1/messenger/sign-up', { name, email, password })
  const whatsapp = await addDevice(directory, await signInWhatsapp(directory, phone))
  await post('/v1/instagram/sign-in', { email, password })
  await post('/v1/messenger/sign-in', { phone: otherPhone, password: `${password}!` })
  const { accountToken, deviceToken } = whatsapp
  const link = { accountToken: instagram.json.accountToken }
  expect((await post('/v1/links', link, accountToken)).status).toBe(200)
  for (const path of [`messenger/${chosen}`, `instagram/${handle}`, 'instagram/canary.stranger']) {
    const body = { consent: 'blocked' }
    await request(directory.url, 'PUT', `/v1/consents/${path}`, { token: deviceToken, body })
    await request(directory.url, 'GET', `/v1/people/${path}/devices`, { token: deviceToken })
  }
  await post('/v1/whatsapp/codes', { phone: otherPhone })
  expect([instagram.status, messenger.status, made.status]).toEqual([201, 201, 201])

  const named = [handle, email, phone, otherPhone, name, password, chosen, 'canary', 'Canaria']
  const addresses = [`instagram:${handle}`, `whatsapp:${phone}`, 'canary.stranger']
  const code = directory.codes.get(`+${otherPhone}`)!
  const tokens = [accountToken, deviceToken, instagram.json.accountToken]
  const files = directory.fileBytes()
  expect(found(files, [...named, ...addresses])).toEqual([])
  // An opaque token is kept as its SHA-256, on purpose; six digits by themselves occur by chance.
  expect(tokens.filter((token) => files.includes(token))).toEqual([])
  expect(
    shapesOf(code)
      .slice(5)
      .filter((hashed) => files.includes(hashed)),
  ).toEqual([])
  const everything = [...named, ...addresses, ...tokens, code]
  expect(found(Buffer.concat(onBus), everything)).toEqual([])
  expect(found(Buffer.from(logged), everything)).toEqual([])

  // The search itself: what is there on purpose is found.
  expect(files.includes(directory.ids.accountId(`instagram:${handle}`))).toBe(true)
  expect(files.includes(hash('sha256', deviceToken, 'base64url'))).toBe(true)
  expect(onBus.length).toBeGreaterThan(0)
})

test('the files do not tell who allowed or blocked whom', async () => {
  const { pairTag, accountId } = directory.ids
  const [one, other] = [accountId(`whatsapp:${phone}`), accountId('instagram:canary.stranger')]
  const files = directory.fileBytes()
  expect(files.includes(pairTag(one, other))).toBe(true)
  expect(files.includes(other)).toBe(false)
  expect(files.includes(Buffer.from(other, 'base64url'))).toBe(false)
})
