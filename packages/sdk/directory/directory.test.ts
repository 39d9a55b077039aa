import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fromBase64Url, toBase64Url } from '../bytes.ts'
import { decodeCredentials, encodeCredentials } from '../credentials.ts'
import { nativePrimitives } from '../seal/native.ts'
import { deviceInput } from '../seal/signed.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { createDeviceCache } from './device-cache.ts'
import { createDirectory, type Directory } from './directory.ts'
import { DirectoryError } from './error.ts'
import type { PeerDevice } from './session.ts'

interface Asked {
  readonly method: string
  readonly path: string
  readonly token: string | undefined
  readonly body: unknown
}
interface Reply {
  readonly status?: number
  readonly json?: unknown
  readonly text?: string
  readonly headers?: Record<string, string>
}

let server: Server
let directory: Directory
let asked: Asked[]
let reply: (request: Asked) => Reply

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const text = Buffer.concat(parts).toString()
      const entry = {
        method: request.method ?? '',
        path: request.url ?? '',
        token: request.headers.authorization,
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
      }
      asked.push(entry)
      const { status = 200, json, text: raw, headers = {} } = reply(entry)
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(raw ?? (json === undefined ? '' : JSON.stringify(json)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  directory = createDirectory({ url: `http://127.0.0.1:${port}/` })
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  asked = []
  reply = () => ({ status: 204 })
})

const realmKey = toBase64Url(new Uint8Array(32).fill(3))
const errorOf = async (work: Promise<unknown>): Promise<DirectoryError> => {
  const error: unknown = await work.then(
    () => new Error('it succeeded'),
    (cause: unknown) => cause,
  )
  if (error instanceof DirectoryError) return error
  throw error
}

describe('directory client', () => {
  test('signs up and in on the three networks', async () => {
    reply = ({ path }) => ({
      json: {
        accountToken: 'isthacct_x',
        address: path.includes('whatsapp') ? 'whatsapp:14155550123' : 'instagram:ada',
        ...(path.includes('whatsapp') ? { created: true } : {}),
      },
    })
    const password = 'correct horse'
    await directory.whatsapp.requestCode('+14155550123')
    expect(await directory.whatsapp.signIn({ phone: '+14155550123', code: '123456' })).toEqual({
      ...{ token: 'isthacct_x', address: 'whatsapp:14155550123', created: true },
    })
    const email = 'ada@example.org'
    await directory.instagram.signUp({ handle: 'ada', email, password, reach: 'everyone' })
    await directory.instagram.signIn({ handle: 'ada', password })
    await directory.messenger.signUp({ name: 'Ada', phone: '+1415', password })
    await directory.messenger.signIn({ email, password })
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/whatsapp/codes',
      'POST /v1/whatsapp/sign-in',
      'POST /v1/instagram/sign-up',
      'POST /v1/instagram/sign-in',
      'POST /v1/messenger/sign-up',
      'POST /v1/messenger/sign-in',
    ])
    expect(asked[2]?.body).toEqual({ handle: 'ada', email, password, reach: 'everyone' })
  })

  test('registers a device with keys that the identity signed', async () => {
    reply = ({ path }) =>
      path === '/v1/realm'
        ? { json: { realm: 'isthmus.test', certificateKey: realmKey } }
        : { status: 201, json: { deviceId: 'd', deviceToken: 'isth_x', certificate: 'AAEC' } }
    const session = directory.as('isthacct_x')
    const credentials = await session.registerDevice({ address: 'instagram:ada' })
    const body = asked.at(-1)?.body as Record<string, string>
    expect(asked.at(-1)).toMatchObject({ path: '/v1/devices', token: 'Bearer isthacct_x' })
    const [x25519, ed25519, identityKey, signature] = [
      ...['x25519', 'ed25519', 'identityKey', 'identitySignature'].map((name) =>
        fromBase64Url(body[name] ?? ''),
      ),
    ] as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    const input = deviceInput(x25519, ed25519)
    expect(await nativePrimitives.verify(identityKey, input, signature)).toBe(true)
    expect(credentials.realm.name).toBe('isthmus.test')
    expect(decodeCredentials(encodeCredentials(credentials))).toEqual(credentials)
    const { identity } = credentials
    await session.registerDevice({ address: 'instagram:ada', identity, replaceIdentity: true })
    expect(asked.at(-1)?.body).toMatchObject({
      identityKey: toBase64Url(identity.publicKey),
      replaceIdentity: true,
    })
  })

  test('consents, reach, links, devices', async () => {
    const session = directory.as('isth_x')
    await session.allow('messenger:ada.lovelace')
    await session.block('instagram:ada')
    await session.forget('instagram:ada')
    await session.setReach({ policy: 'everyone', networks: ['whatsapp'] })
    await session.link('isthacct_y')
    await session.unlink()
    await session.removeDevice('a/b')
    reply = () => ({ json: { devices: [{ deviceId: 'one' }, { deviceId: 'two' }] } })
    expect(await session.ownDevices()).toEqual(['one', 'two'])
    expect(asked.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['PUT', '/v1/consents/messenger/ada.lovelace', { consent: 'allowed' }],
      ['PUT', '/v1/consents/instagram/ada', { consent: 'blocked' }],
      ['DELETE', '/v1/consents/instagram/ada', undefined],
      ['PUT', '/v1/reach', { policy: 'everyone', networks: ['whatsapp'] }],
      ['POST', '/v1/links', { accountToken: 'isthacct_y' }],
      ['DELETE', '/v1/links', undefined],
      ['DELETE', '/v1/devices/a%2Fb', undefined],
      ['GET', '/v1/devices', undefined],
    ])
  })

  test('what is no address does not become a path', async () => {
    const session = directory.as('isth_x')
    for (const address of ['instagram:../realm', 'instagram:Ada', 'ada', '']) {
      expect((await errorOf(session.devicesOf(address))).code).toBe('malformed')
    }
    expect(asked).toEqual([])
  })

  test('problems are typed errors', async () => {
    const detail = 'Choose another handle.'
    reply = () => ({ status: 409, json: { code: 'taken', title: 'It is taken', detail } })
    const error = await errorOf(directory.as('t').ownDevices())
    expect(error).toMatchObject({ code: 'taken', status: 409, isTransient: false })
    expect(error.message).toContain('It is taken. Choose another handle.')
    reply = () => ({ status: 429, json: { code: 'rate-limited', retryAfterMs: 1_500 } })
    expect(await errorOf(directory.realm())).toMatchObject({
      ...{ code: 'rate-limited', retryAfterMs: 1_500, isTransient: true },
    })
    reply = () => ({ status: 503, text: '<html>', headers: { 'retry-after': '3' } })
    expect(await errorOf(directory.realm())).toMatchObject({
      ...{ code: 'unavailable', retryAfterMs: 3_000, isTransient: true },
    })
  })

  test('no answer at all is a typed error, too', async () => {
    const nowhere = createDirectory({ url: 'http://127.0.0.1:1' })
    expect(await errorOf(nowhere.realm())).toMatchObject({ code: 'unreachable', status: 0 })
    const patient = new Promise<Response>(() => undefined)
    const silent = createDirectory({
      url: 'http://127.0.0.1:1',
      timeoutMs: 1,
      fetch: (_url, init) =>
        Promise.race([
          patient,
          new Promise<Response>((_, reject) =>
            init?.signal?.addEventListener('abort', () => reject(new Error('aborted'))),
          ),
        ]),
    })
    expect(await errorOf(silent.realm())).toMatchObject({ code: 'unreachable' })
  })

  test('whatever is answered, only DirectoryError escapes', async () => {
    const session = directory.as('t')
    const answers = fc.record({
      status: fc.constantFrom(200, 201, 204, 302, 400, 404, 418, 500),
      text: fc.oneof(
        fc.json(),
        fc.string(),
        fc
          .record({ devices: fc.array(fc.dictionary(fc.string(), fc.string())) })
          .map((json) => JSON.stringify(json)),
        fc.constant('{"devices":[{"deviceId":1}],"realm":[],"certificateKey":"!"}'),
      ),
    })
    const never = async ({ status, text }: { status: number; text: string }): Promise<void> => {
      reply = () => ({ status, ...(status === 204 ? {} : { text }) })
      const works = [
        session.devicesOf('instagram:ada'),
        session.renewCertificate('instagram:ada'),
        directory.realm(),
      ]
      for (const result of await Promise.allSettled(works)) {
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(DirectoryError)
      }
    }
    await fc.assert(fc.asyncProperty(answers, never), { numRuns: 60 })
  })
})

describe('device cache', () => {
  const peer = async (): Promise<PeerDevice> => {
    const [x25519, ed25519, identity] = [
      (await nativePrimitives.x25519KeyPair()).publicKey,
      (await nativePrimitives.ed25519KeyPair()).publicKey,
      await nativePrimitives.ed25519KeyPair(),
    ]
    const input = deviceInput(x25519, ed25519)
    const identitySignature = await nativePrimitives.sign(identity.secretKey, input)
    return { deviceId: 'd', x25519, ed25519, identityKey: identity.publicKey, identitySignature }
  }

  test('asks once, also for those who ask meanwhile; again when dropped or old', async () => {
    const clock = new VirtualClock()
    const devices = [await peer()]
    let asks = 0
    const lookUp = async (): Promise<PeerDevice[]> => (asks++, devices)
    const cache = createDeviceCache(lookUp, nativePrimitives, clock)
    await Promise.all([cache.devicesOf('instagram:a'), cache.devicesOf('instagram:a')])
    expect(asks).toBe(1)
    cache.drop('instagram:a')
    expect(await cache.devicesOf('instagram:a')).toBe(devices)
    expect(asks).toBe(2)
    clock.advance(600_000)
    await cache.devicesOf('instagram:a')
    expect(asks).toBe(3)
  })

  test('a failure is not kept', async () => {
    let isAway = true
    const lookUp = async (): Promise<PeerDevice[]> => {
      if (isAway) throw new DirectoryError('unreachable')
      return []
    }
    const cache = createDeviceCache(lookUp, nativePrimitives, new VirtualClock())
    expect((await errorOf(cache.devicesOf('instagram:a'))).code).toBe('unreachable')
    isAway = false
    expect(await cache.devicesOf('instagram:a')).toEqual([])
  })
})
