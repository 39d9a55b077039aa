/** What no honest app asks of the directory: each gets its problem, and nobody learns anything. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { PASSWORD, signUp, type Account } from '../harness/people.ts'
import { deviceOf, Party } from '../promises/support/party.ts'
import { HealthyPair } from './support/healthy.ts'
import { RawSocket } from './support/raw.ts'

let party: Party
let pair: HealthyPair
let ada: Account

beforeAll(async () => {
  party = await Party.begin([1, 1, 1], { ISTHMUS_DIRECTORY_REQUEST_TIMEOUT_MS: '1500' })
  pair = await HealthyPair.begin(party, 'instagram')
  ada = await signUp(party.relay, 'instagram', 'ada')
  await signUp(party.relay, 'instagram', 'shy', 'allowed')
  const cross = await signUp(party.relay, 'instagram', 'cross')
  const blocked = await call('PUT', '/v1/consents/instagram/ada', {
    token: cross.token,
    body: '{"consent":"blocked"}',
  })
  if (blocked.status !== 204) throw new Error(`not blocked: ${blocked.text}`)
}, 30_000)
afterAll(() => party.end())

interface Asked {
  readonly token?: string
  readonly body?: string
  readonly type?: string
}

interface Reply {
  readonly status: number
  readonly code: unknown
  readonly text: string
  readonly headers: Headers
}

/** Problems are JSON of the kind that RFC 9457 names. */
const call = async (method: string, path: string, asked: Asked = {}): Promise<Reply> => {
  const { token, body, type = 'application/json' } = asked
  const { status, headers, ...response } = await fetched(
    method,
    path,
    {
      ...(body !== undefined && { 'content-type': type }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body,
  )
  const { text } = response
  if (status < 400) return { status, headers, text, code: undefined }
  expect(headers.get('content-type')).toBe('application/problem+json')
  return { status, headers, text, code: (JSON.parse(text) as { code: unknown }).code }
}

const fetched = async (
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<{ readonly status: number; readonly headers: Headers; readonly text: string }> => {
  const given = { method, headers, ...(body !== undefined && { body }) }
  const response = await fetch(party.relay.urls.directory + path, given)
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** Says words on a socket until the directory ends it. */
const speak = async (words: string): Promise<string> => {
  const raw = await RawSocket.open(party.relay.urls.directory)
  raw.write(words)
  return (await raw.ended()).text
}

const SIGN_IN = '/v1/instagram/sign-in'
const SIGN_UP = '/v1/instagram/sign-up'
const credentials = (wrong: object): string =>
  JSON.stringify({ handle: 'ada', password: PASSWORD, ...wrong })

describe('a body', () => {
  test.each([
    ['with an operator as handle', credentials({ handle: { $ne: 1 } })],
    ['with an operator as password', credentials({ password: { $gt: '' } })],
    ['with a list as handle', credentials({ handle: ['ada'] })],
    ['with a member too many', credentials({ admin: true })],
    ['with a prototype', `{"handle":"ada","password":"${PASSWORD}","__proto__":{"admin":true}}`],
    ['with a constructor', credentials({ constructor: { prototype: { admin: true } } })],
    ['with a subject as handle', credentials({ handle: 'a.*.>' })],
    ['with CRLF in the handle', credentials({ handle: 'ada\r\nPUB x' })],
    ['with NUL in the handle', credentials({ handle: 'ada\0' })],
    ['that is deep', '['.repeat(8000) + ']'.repeat(8000)],
    ['that is deep and open', '{"a":'.repeat(3000)],
    ['that is no object', '"ada"'],
    ['that is empty', ''],
    ['that is half of JSON', '{"handle":'],
  ])('%s is malformed', async (_, body) => {
    const { status, code, text } = await call('POST', SIGN_IN, { body })
    expect([status, code]).toEqual([400, 'malformed'])
    expect(text).not.toContain(PASSWORD)
  })

  test('of a megabyte is too large', async () => {
    const body = credentials({ password: 'x'.repeat(1_048_576) })
    // The connection may end before such a body is written in full.
    const words = `POST ${SIGN_IN} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`
    expect(await speak(`${words}Content-Length: ${body.length}\r\n\r\n${body}`)).toContain(
      '"code":"too-large"',
    )
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'x'])(
    'declared as %s is not taken',
    async (type) => {
      const { status, code } = await call('POST', SIGN_IN, { body: credentials({}), type })
      expect([status, code]).toEqual([415, 'unsupported-media-type'])
    },
  )

  test('that does not come, or comes drop by drop, is not waited for', async () => {
    const head = `POST ${SIGN_IN} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`
    const raw = await RawSocket.open(party.relay.urls.directory)
    raw.write(`${head}Content-Length: 1000\r\n\r\n`)
    const drops = setInterval(() => raw.write(' '), 100)
    const [slow, none, headers] = await Promise.all([
      raw.ended().finally(() => clearInterval(drops)),
      speak(`${head}Content-Length: 100\r\n\r\n{`),
      speak('GET /livez HTTP/1.1\r\nHost:'),
    ])
    for (const answer of [slow.text, none, headers]) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 /)
      expect(answer).toContain('"code":"request-timeout"')
    }
  })

  test('smuggled behind two lengths is malformed', async () => {
    const head = `POST ${SIGN_IN} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`
    const both = 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /livez'
    expect(await speak(head + both)).toContain('"code":"malformed"')
    const twice = 'Content-Length: 4\r\nContent-Length: 5\r\n\r\n{}  '
    expect(await speak(head + twice)).toContain('"code":"malformed"')
  })
})

describe('nobody learns who is there', () => {
  /** Everything that a caller sees but for the clock. */
  const seen = ({ status, headers, text }: Reply): string => {
    const { date: _, ...rest } = Object.fromEntries(headers)
    return JSON.stringify([status, rest, text])
  }

  test('by looking people up: unknown, refusing and blocking are byte-identical', async () => {
    const look = (who: string): Promise<Reply> =>
      call('GET', `/v1/people/instagram/${who}/devices`, { token: ada.token })
    const replies = await Promise.all(['nobody', 'shy', 'cross'].map(look))
    expect(replies.map(({ code }) => code)).toEqual(Array(3).fill('unknown-recipient'))
    expect(new Set(replies.map(seen)).size).toBe(1)
  })

  test('by signing in: unknown names and wrong passwords are byte-identical', async () => {
    const enter = (who: object): Promise<Reply> =>
      call('POST', SIGN_IN, { body: JSON.stringify({ password: 'wrong password', ...who }) })
    const names = [{ handle: 'ada' }, { handle: 'nobody' }, { email: 'nobody@mail.example' }]
    const replies = await Promise.all([...names, { email: 'ada@mail.example' }].map(enter))
    expect(replies.map(({ code }) => code)).toEqual(Array(4).fill('bad-credentials'))
    expect(new Set(replies.map(seen)).size).toBe(1)
  })

  test('by asking for codes: numbers with and without an account are byte-identical', async () => {
    await signUp(party.relay, 'whatsapp', '12025550100')
    const ask = (phone: string): Promise<Reply> =>
      call('POST', '/v1/whatsapp/codes', { body: JSON.stringify({ phone }) })
    const replies = await Promise.all(['+12025550100', '+12025550199'].map(ask))
    expect(replies[0]?.status).toBe(202)
    expect(new Set(replies.map(seen)).size).toBe(1)
  })
})

describe('a token', () => {
  const device = (): string => deviceOf(party.person('instagram', 2)).token
  test.each([
    ['that is missing', () => undefined],
    ['of nobody', () => `isthacct_${'A'.repeat(43)}`],
    ['of no device', () => `isth_${'A'.repeat(43)}`],
    ['of 10 KB', () => 'A'.repeat(10_000)],
    ['that is an operator', () => '{"$ne":1}'],
    ['of a device where it must be an account’s', device],
  ])('%s lets nobody in', async (_, token) => {
    const given = token()
    const body = JSON.stringify({ accountToken: ada.token })
    const asked = { ...(given !== undefined && { token: given }), body }
    const { status, code, headers } = await call('POST', '/v1/links', asked)
    expect([status, code]).toEqual([401, 'unauthenticated'])
    expect(headers.get('www-authenticate')).toBe('Bearer realm="isthmus"')
  })

  test('in the URL does not count', async () => {
    const { code } = await call('GET', `/v1/devices?access_token=${ada.token}`)
    expect(code).toBe('unauthenticated')
  })

  test("of one account removes no other's device", async () => {
    const { id } = deviceOf(party.person('instagram', 2))
    const { status, code } = await call('DELETE', `/v1/devices/${id}`, { token: ada.token })
    expect([status, code]).toEqual([404, 'unknown-device'])
  })
})

describe('a path', () => {
  test.each(['/', '/v1', '/v1//devices', '/%ZZ', '/%00', '/..%2f..%2fetc/passwd', '/__proto__'])(
    '%s leads nowhere',
    async (path) => {
      const { status, code } = await call('GET', path, { token: ada.token })
      expect([status, code]).toEqual([404, 'no-such-endpoint'])
    },
  )

  test.each(['ADA', 'a%00b', '%24ne', 'a%0d%0aPUB', 'a.*.%3E', '%7B%22%24ne%22%3A1%7D', 'a%20b'])(
    'with the handle %s is malformed',
    async (handle) => {
      const path = `/v1/people/instagram/${handle}/devices`
      const { status, code } = await call('GET', path, { token: ada.token })
      expect([status, code]).toEqual([400, 'malformed'])
    },
  )

  test('of 40 KB, headers of 40 KB and what is not HTTP are refused', async () => {
    const long = 'a'.repeat(40_000)
    expect(await speak(`GET /${long} HTTP/1.1\r\nHost: x\r\n\r\n`)).toContain('"code":"too-large"')
    const header = `GET /livez HTTP/1.1\r\nHost: x\r\nX: ${long}\r\n\r\n`
    expect(await speak(header)).toContain('"code":"too-large"')
    expect(await speak('\u0016\u0003\u0001 hello\r\n\r\n')).toContain('"code":"malformed"')
  })
})

test('a name can be taken once, however many ask at the same time', async () => {
  const body = JSON.stringify({ handle: 'race', email: 'race@mail.example', password: PASSWORD })
  const replies = await Promise.all(
    Array.from({ length: 8 }, () => call('POST', SIGN_UP, { body })),
  )
  const statuses = replies.map(({ status }) => status)
  expect(statuses.filter((status) => status === 201)).toHaveLength(1)
  expect(statuses.filter((status) => status === 409)).toHaveLength(7)
}, 20_000)

test('the healthy got all of their letters, in order, once', async () => {
  expect((await call('GET', '/livez')).status).toBe(200)
  const { written, read, prompt } = await pair.end()
  expect(written.length).toBeGreaterThan(20)
  expect(read).toEqual(written)
  expect(prompt).toBe(true)
}, 30_000)
