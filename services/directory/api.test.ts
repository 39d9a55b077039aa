/** The API as a whole: its own description, other origins, failure and stop. */
import { afterEach, expect, test } from '@jest/globals'
import { DirectoryStoreError, type DirectoryStore } from '@isthmus/directory-store/port'
import { PASSWORD, request } from './testing/client.ts'
import { startHarness, type Harness, type HarnessOptions } from './testing/harness.ts'

let directory: Harness
const start = async (options: HarnessOptions = {}): Promise<void> => {
  directory = await startHarness(options)
}
afterEach(() => directory.stop())

interface OpenApi {
  readonly openapi: string
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly securitySchemes: { readonly bearer: unknown } }
}

interface Operation {
  readonly security: unknown
  readonly requestBody: {
    readonly content: Record<
      string,
      { schema: { properties: Record<string, unknown>; additionalProperties: unknown } }
    >
  }
  readonly responses: Record<number, { readonly content: object }>
}

test('describes itself in OpenAPI 3.1', async () => {
  await start()
  const { status, text } = await request(directory.url, 'GET', '/openapi.json')
  const json = JSON.parse(text) as OpenApi
  expect([status, json.openapi]).toEqual([200, '3.1.0'])
  const endpoints = Object.entries(json.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(endpoints.sort()).toEqual([
    'DELETE /v1/consents/{network}/{handle}',
    'DELETE /v1/devices/{deviceId}',
    'DELETE /v1/links',
    'GET /livez',
    'GET /v1/devices',
    'GET /v1/people/{network}/{handle}/devices',
    'GET /v1/realm',
    'POST /v1/certificates',
    'POST /v1/devices',
    'POST /v1/instagram/sign-in',
    'POST /v1/instagram/sign-up',
    'POST /v1/links',
    'POST /v1/messenger/sign-in',
    'POST /v1/messenger/sign-up',
    'POST /v1/whatsapp/codes',
    'POST /v1/whatsapp/sign-in',
    'PUT /v1/consents/{network}/{handle}',
    'PUT /v1/reach',
  ])
  const post = json.paths['/v1/devices']!['post']!
  const { schema } = post.requestBody.content['application/json']!
  expect(schema.properties['x25519']).toMatchObject({
    type: 'string',
    minLength: 43,
    maxLength: 43,
  })
  expect(schema.additionalProperties).toBe(false)
  expect(post.security).toEqual([{ bearer: [] }])
  expect(json.components.securitySchemes.bearer).toEqual({ type: 'http', scheme: 'bearer' })
  expect(Object.keys(post.responses[409]!.content)).toEqual(['application/problem+json'])
})

const preflight = (origin: string) =>
  fetch(`${directory.url}/v1/devices`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  })

test('pages of any origin may ask, without credentials', async () => {
  await start()
  const { status, headers } = await preflight('https://page.example')
  expect(status).toBe(204)
  expect(headers.get('access-control-allow-origin')).toBe('*')
  expect(headers.get('access-control-allow-headers')?.toLowerCase()).toContain('authorization')
  expect(headers.get('access-control-allow-credentials')).toBeNull()
  const reply = await request(directory.url, 'GET', '/v1/devices')
  expect(reply.headers.get('access-control-allow-origin')).toBe('*')
  expect(reply.headers.get('access-control-expose-headers')).toBe('retry-after')
  expect(reply.headers.get('cache-control')).toBe('no-store')
})

test('or of those origins alone that are configured', async () => {
  await start({ env: { ISTHMUS_DIRECTORY_ORIGINS: 'https://app.example' } })
  const allowed = await preflight('https://app.example')
  expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example')
  const other = await preflight('https://page.example')
  expect(other.headers.get('access-control-allow-origin')).toBeNull()
})

const failing = (error: Error) => (store: DirectoryStore) =>
  ({ ...store, account: () => Promise.reject(error) }) as DirectoryStore

test.each([
  ['unavailable', new DirectoryStoreError('the disk is full'), 503],
  ['internal', new Error('a secret of the inside'), 500],
])('a store that fails: %s', async (code, error, status) => {
  await start({ wrapStore: failing(error) })
  const body = { handle: 'ada', password: PASSWORD }
  const reply = await request(directory.url, 'POST', '/v1/instagram/sign-in', { body })
  expect([reply.status, reply.json.code]).toEqual([status, code])
  expect(reply.text).not.toContain(error.message)
})

test('a request under way is answered before the directory stops', async () => {
  const arrived = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const wrapStore = (store: DirectoryStore): DirectoryStore => ({
    ...store,
    createAccount: async (...given) => {
      arrived.resolve()
      await release.promise
      return store.createAccount(...given)
    },
  })
  await start({ wrapStore })
  const body = { handle: 'ada', email: 'ada@example.org', password: PASSWORD }
  const underWay = request(directory.url, 'POST', '/v1/instagram/sign-up', { body })
  await arrived.promise
  const stopped = directory.stop()
  await expect(fetch(`${directory.url}/livez`)).rejects.toThrow()
  release.resolve()
  expect((await underWay).status).toBe(201)
  await stopped
})
