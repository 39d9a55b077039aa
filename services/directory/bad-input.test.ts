/** Input that no honest client sends: each gets a clear problem, and harms nobody. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { PROBLEM_CODES } from './problems.ts'
import { PASSWORD, request, signUpInstagram, type Person } from './testing/client.ts'
import { startHarness, type Harness } from './testing/harness.ts'

let directory: Harness
let ada: Person
beforeAll(async () => {
  directory = await startHarness({ env: { ISTHMUS_DIRECTORY_REQUEST_TIMEOUT_MS: '300' } })
  ada = await signUpInstagram(directory, 'ada')
})
afterAll(() => directory.stop())
afterEach(async () => {
  const { status } = await request(directory.url, 'GET', '/livez')
  if (status !== 200) throw new Error('the directory does not answer any more')
})

const call = (method: string, path: string, given: Parameters<typeof request>[3] = {}) =>
  request(directory.url, method, path, given)
const codeOf = async (...given: Parameters<typeof call>) => (await call(...given)).json.code

/** Writes bytes as they are and gives everything that comes back until the server closes. */
const speak = async (text: string): Promise<string> => {
  const { hostname, port } = new URL(directory.url)
  const socket = connect(Number(port), hostname)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => {})
  socket.write(text)
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

describe('bodies', () => {
  const signIn = '/v1/instagram/sign-in'

  test.each([
    ['an operator object', { handle: { $ne: 1 }, password: PASSWORD }, '/handle'],
    ['an operator object as password', { handle: 'ada', password: { $gt: '' } }, '/password'],
    ['an array', { handle: ['ada'], password: PASSWORD }, '/handle'],
    ['a number', { handle: 'ada', password: 12_345_678 }, '/password'],
    ['both names', { handle: 'ada', email: 'ada@example.org', password: PASSWORD }, ''],
    ['no name', { password: PASSWORD }, ''],
    ['a member that is not known', { handle: 'ada', password: PASSWORD, admin: true }, '/admin'],
    [
      'a prototype key',
      `{"handle":"ada","password":"${PASSWORD}","__proto__":{"a":1}}`,
      '/__proto__',
    ],
    ['a constructor', `{"handle":"ada","password":"${PASSWORD}","constructor":{}}`, '/constructor'],
    ['a handle with control characters', { handle: 'ada\u0000', password: PASSWORD }, '/handle'],
    ['a subject as handle', { handle: 'a.*.>', password: PASSWORD }, '/handle'],
    ['no object', [], ''],
    ['null', 'null', ''],
    ['half of JSON', '{"handle":', ''],
    ['nothing', '', ''],
    ['great depth', '['.repeat(8_000) + ']'.repeat(8_000), ''],
  ])('%s', async (_, body, pointer) => {
    const headers = { 'content-type': 'application/json' }
    const reply = await call('POST', signIn, { body, headers })
    expect([reply.status, reply.json.code]).toEqual([400, 'malformed'])
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
    expect(reply.json.errors[0]).toMatchObject({ pointer, detail: expect.any(String) })
    expect(reply.text).not.toContain(PASSWORD)
  })

  test('only JSON, and declared as such', async () => {
    const body = JSON.stringify({ handle: 'ada', password: PASSWORD })
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'x']) {
      const reply = await call('POST', signIn, { body, headers: { 'content-type': type } })
      expect([reply.status, reply.json.code]).toEqual([415, 'unsupported-media-type'])
    }
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    expect((await call('POST', signIn, { body, headers })).status).toBe(200)
  })

  test('at most 16,384 bytes, declared', async () => {
    const body = JSON.stringify({ handle: 'ada', password: 'p'.repeat(16_384) })
    const reply = await call('POST', signIn, { body })
    expect([reply.status, reply.json.code]).toEqual([413, 'too-large'])
    const lie = await speak(
      `POST ${signIn} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n` +
        'content-type: application/json\r\ncontent-length: 9999999999\r\n\r\n{',
    )
    expect(lie).toContain('"code":"too-large"')
  })

  test('at most 16,384 bytes, in chunks without end', async () => {
    let sent = 0
    const body = new ReadableStream({
      pull: (controller) => {
        sent += 8_192
        if (sent > 64 * 1_048_576) controller.close()
        else controller.enqueue(new Uint8Array(8_192).fill(0x20))
      },
    })
    const headers = { 'content-type': 'application/json' }
    const options = { method: 'POST', body, headers, duplex: 'half' } as const
    const reply = await fetch(directory.url + signIn, options).catch(() => undefined)
    // The client may see the connection closed before it has read the answer.
    if (reply) expect(((await reply.json()) as { code: string }).code).toBe('too-large')
    expect(sent).toBeLessThan(16 * 1_048_576)
  })

  test('chunked and of fair size is fine', async () => {
    const text = JSON.stringify({ handle: 'ada', password: PASSWORD })
    const answer = await speak(
      `POST ${signIn} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n` +
        `content-type: application/json\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('a body that does not arrive in time', async () => {
    const answer = await speak(
      `POST ${signIn} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n` +
        'content-length: 100\r\n\r\n{"handle":',
    )
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(answer).toContain('"code":"request-timeout"')
  })
})

describe('below HTTP', () => {
  test('headers that do not end', async () => {
    expect(await speak('GET /livez HTTP/1.1\r\nhost: x\r\nx-a:')).toContain('request-timeout')
  })

  test('headers over the limit', async () => {
    const answer = await speak(
      `GET /livez HTTP/1.1\r\nhost: x\r\nx-a: ${'a'.repeat(40_000)}\r\n\r\n`,
    )
    expect(answer).toContain('"code":"too-large"')
  })

  test('what is not HTTP', async () => {
    expect(await speak('\u0016\u0003\u0001 hello\r\n\r\n')).toContain('"code":"malformed"')
  })
})

describe('addresses', () => {
  test.each(['instagram/ADA', 'instagram/a%00b', 'instagram/%24ne', 'myspace/ada', 'whatsapp/+1'])(
    '%s',
    async (path) => {
      const reply = await call('GET', `/v1/people/${path}/devices`, { token: ada.accountToken })
      expect([reply.status, reply.json.code]).toEqual([400, 'malformed'])
    },
  )

  test.each(['/v1/people/instagram', '/v1/people/instagram/a/b/devices', '/%ZZ', '/v1//devices'])(
    '%s is no endpoint',
    async (path) => {
      expect(await codeOf('GET', path, { token: ada.accountToken })).toBe('no-such-endpoint')
    },
  )

  test('a method that is not there', async () => {
    expect(await codeOf('PATCH', '/v1/reach', { token: ada.accountToken })).toBe('no-such-endpoint')
  })
})

describe('tokens', () => {
  test.each([
    ['none', {}],
    ['another scheme', { authorization: `Basic ${btoa(`ada:${PASSWORD}`)}` }],
    ['no token', { authorization: 'Bearer ' }],
    ['a made-up token', { authorization: `Bearer isthacct_${'A'.repeat(43)}` }],
    ['a made-up device token', { authorization: `Bearer isth_${'A'.repeat(43)}` }],
    ['a token of a strange length', { authorization: `Bearer isthacct_${'A'.repeat(9_000)}` }],
  ])('%s', async (_, headers) => {
    const reply = await call('GET', '/v1/devices', { headers })
    expect([reply.status, reply.json.code]).toEqual([401, 'unauthenticated'])
    expect(reply.headers.get('www-authenticate')).toBe('Bearer realm="isthmus"')
  })

  test('in the URL it does not count', async () => {
    const path = `/v1/devices?access_token=${ada.accountToken}`
    expect(await codeOf('GET', path)).toBe('unauthenticated')
  })
})

test('whatever JSON comes, only documented problems go', async () => {
  const posts = ['/v1/whatsapp/codes', '/v1/whatsapp/sign-in', '/v1/instagram/sign-in']
  const others = ['/v1/messenger/sign-up', '/v1/devices', '/v1/links', '/v1/certificates']
  const near = fc.record(
    {
      phone: fc.oneof(fc.string(), fc.anything()),
      code: fc.oneof(fc.string(), fc.integer()),
      handle: fc.string(),
      email: fc.oneof(fc.emailAddress(), fc.jsonValue()),
      password: fc.string({ minLength: 8, maxLength: 12 }),
      address: fc.string(),
    },
    { requiredKeys: [] },
  )
  const anyBody = fc.oneof(fc.jsonValue(), near).map((value) => JSON.stringify(value) ?? '')
  const anyPath = fc.constantFrom(...posts, ...others)
  const property = fc.asyncProperty(anyPath, anyBody, async (path, text) => {
    const headers = { 'content-type': 'application/json' }
    const reply = await call('POST', path, { token: ada.accountToken, body: text, headers })
    if (reply.status < 300) return
    expect(PROBLEM_CODES).toContain(reply.json.code)
    expect(reply.status).toBeLessThan(500)
  })
  await fc.assert(property, { numRuns: 150 })
})
