import { afterEach, describe, expect, test } from '@jest/globals'
import { createInProcessBus } from '@isthmus/bus/in-process'
import { SUBJECTS } from '@isthmus/bus/subjects'
import {
  authenticateReply,
  authenticateRequest,
  directoryChanged,
  ErrorCode,
  routeReply,
  routeRequest,
} from '@isthmus/proto/codec'
import { idKeys, type DeviceId } from '@isthmus/runtime/ids'
import { silentLogger } from '@isthmus/runtime/logger'
import { hash } from 'node:crypto'
import { request } from 'node:http'
import { answerOf } from './answer.ts'
import { DEFAULT_GATEWAY_LIMITS, type GatewayLimits } from './gateway.ts'
import { noMetrics } from './metrics.ts'
import { serveGateway, type GatewayServer } from './serve.ts'
import { FakeMailbox } from './testing/fake-mailbox.ts'
import { Peer } from './testing/peer.ts'
import { plainProtocol } from './testing/plain-protocol.ts'

const PHONE = 'phone_________________'

interface World {
  readonly server: GatewayServer
  readonly bus: ReturnType<typeof createInProcessBus>
  readonly mailbox: FakeMailbox
  readonly keys: string[]
  /** Milliseconds that the gateway's clock is ahead. */
  skew: number
  /** Routers answer when this resolves. */
  gate: Promise<void>
}

const running: GatewayServer[] = []
const peers: Peer[] = []

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.socket.terminate()
  for (const server of running.splice(0)) await server.stop()
})

/** A gateway whose directory knows one token, and whose router accepts everything. */
const setUp = async (limits: Partial<GatewayLimits> = {}, origins = ['*']): Promise<World> => {
  const bus = createInProcessBus()
  const mailbox = new FakeMailbox()
  const keys: string[] = []
  bus.respond(SUBJECTS.authenticate, (data) => {
    const { tokenHash } = authenticateRequest.decode(data)
    const right = Buffer.from(tokenHash).equals(hash('sha256', 'right', 'buffer'))
    return authenticateReply.encode({ deviceId: right ? PHONE : '' })
  })
  bus.respond(SUBJECTS.route, async (data) => {
    const { submissions } = routeRequest.decode(data)
    keys.push(...submissions.map(({ key }) => Buffer.from(key).toString('hex')))
    await world.gate
    return routeReply.encode({ answers: submissions.map(() => answerOf(ErrorCode.UNSPECIFIED)) })
  })
  const server = await serveGateway(
    plainProtocol,
    {
      bus,
      mailboxes: mailbox,
      ids: idKeys(new Uint8Array(32)),
      realm: 'isthmus.test',
      clock: { now: () => Date.now() + world.skew },
      log: silentLogger,
      metrics: noMetrics,
    },
    {
      host: '127.0.0.1',
      port: 0,
      allowedOrigins: origins,
      limits: { ...DEFAULT_GATEWAY_LIMITS, ...limits },
    },
  )
  running.push(server)
  const world: World = { server, bus, mailbox, keys, skew: 0, gate: Promise.resolve() }
  return world
}

const connect = async (world: World, token?: string): Promise<Peer> => {
  const peer = new Peer(world.server.url)
  peers.push(peer)
  await peer.open()
  if (token !== undefined) {
    peer.say({ login: token })
    await peer.hears((message) => 'outcome' in message)
  }
  return peer
}

/** Status and body of an upgrade request that is refused. */
const upgrade = (url: string, headers: Record<string, string>): Promise<string> =>
  new Promise((resolve, reject) => {
    const target = url.replace('ws:', 'http:')
    const asked = request(target, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.alloc(16).toString('base64'),
        'sec-websocket-protocol': 'plain',
        ...headers,
      },
    })
    asked.on('response', (response) => {
      response.resume()
      resolve(String(response.statusCode))
    })
    asked.on('upgrade', (_, socket) => {
      socket.destroy()
      resolve('101')
    })
    asked.on('error', reject)
    asked.end()
  })

describe('admission', () => {
  test('refuses what is not the gateway, before there is a socket', async () => {
    const { server } = await setUp({}, ['https://app.example'])
    expect(await upgrade(server.url, {})).toBe('101')
    expect(await upgrade(server.url, { origin: 'https://app.example' })).toBe('101')
    expect(await upgrade(server.url, { origin: 'https://evil.example' })).toBe('403')
    expect(await upgrade(`${server.url}?token=secret`, {})).toBe('400')
    expect(await upgrade(`${server.url}/other`, {})).toBe('404')
    expect(await upgrade(server.url, { 'sec-websocket-protocol': 'graphql-ws' })).toBe('400')
    expect(await upgrade(server.url, { padding: 'x'.repeat(9000) })).toBe('431')
  })

  test('tells a browser what this is', async () => {
    const { server } = await setUp()
    const response = await fetch(server.url.replace('ws:', 'http:'))
    expect(response.status).toBe(426)
    expect(await response.text()).toContain('subprotocol "plain"')
  })

  test('has room for a bounded number of sockets', async () => {
    const world = await setUp({ maxSockets: 1 })
    await connect(world)
    expect(await upgrade(world.server.url, {})).toBe('503')
  })
})

describe('sessions', () => {
  test('authenticate against the directory', async () => {
    const world = await setUp()
    expect((await connect(world, 'wrong')).heard).toEqual([{ outcome: 'refused' }])
    expect((await connect(world, 'right')).heard).toEqual([{ outcome: 'accepted', device: PHONE }])
  })

  test('must authenticate in time', async () => {
    const world = await setUp()
    const peer = await connect(world)
    world.skew = DEFAULT_GATEWAY_LIMITS.authenticationMs
    expect((await peer.closed).reason).toBe('authentication-timeout')
  })

  test('give way to a newer socket of the same device', async () => {
    const world = await setUp()
    const older = await connect(world, 'right')
    const newer = await connect(world, 'right')
    expect((await older.closed).reason).toBe('replaced')
    newer.say({ attach: 1 })
    world.mailbox.append(10)
    await newer.hears(({ sequence }) => sequence === 1)
  })

  test('end when their device is revoked', async () => {
    const world = await setUp()
    const peer = await connect(world, 'right')
    const change = directoryChanged.encode({ revokedDeviceIds: [PHONE] })
    world.bus.publish(SUBJECTS.directoryChanged, change)
    expect((await peer.closed).reason).toBe('revoked')
  })

  test('do not begin for a device that was revoked while it logged in', async () => {
    const world = await setUp()
    const peer = await connect(world)
    world.bus.respond(SUBJECTS.authenticate, async () => {
      const change = directoryChanged.encode({ revokedDeviceIds: [PHONE] })
      world.bus.publish(SUBJECTS.directoryChanged, change)
      await new Promise((resolve) => setImmediate(resolve))
      return authenticateReply.encode({ deviceId: PHONE })
    })
    // Responders take turns: the second login meets the one above.
    peer.say({ login: 'right' })
    const second = await connect(world)
    second.say({ login: 'right' })
    expect((await second.closed).reason).toBe('revoked')
    expect(second.heard).toEqual([{ goodbye: 'revoked' }])
  })

  test('end alone when their machine throws', async () => {
    const world = await setUp()
    const healthy = await connect(world, 'right')
    const broken = await connect(world)
    broken.socket.send('not JSON')
    expect((await broken.closed).code).toBe(1011)
    healthy.say({ recall: 'nothing' })
    await healthy.hears((message) => 'recalled' in message)
  })

  test('hand on what was retained, once, to the same device', async () => {
    const world = await setUp()
    const first = await connect(world, 'right')
    first.say({ retain: 'key', bye: 4001 })
    await first.closed
    const second = await connect(world, 'right')
    second.say({ recall: 'key' })
    await second.hears((message) => 'recalled' in message)
    second.say({ recall: 'key' })
    await second.hears(({ recalled }) => recalled === null)
    expect(second.heard.slice(1)).toEqual([{ recalled: 'kept key' }, { recalled: null }])
  })

  test('hand what was retained to no other device', async () => {
    const world = await setUp()
    const first = await connect(world, 'right')
    first.say({ retain: 'key', bye: 4001 })
    await first.closed
    const other = await connect(world)
    other.say({ prove: 'other_________________' })
    other.say({ recall: 'key' })
    await other.hears((message) => 'recalled' in message)
    expect(other.heard).toEqual([{ recalled: null }])
  })
})

describe('submissions', () => {
  test('are refused before authentication, in their order', async () => {
    const world = await setUp()
    const peer = await connect(world)
    peer.say({ submit: 1 })
    await peer.hears(({ error }) => error === ErrorCode.UNAUTHENTICATED)
    expect(world.keys).toEqual([])
  })

  test('are answered in order, whether accepted, malformed or over the rate', async () => {
    const world = await setUp({ submissionBurst: 2, submissionRate: 0.001 })
    const peer = await connect(world, 'right')
    peer.say({ submit: 1 })
    peer.say({ submit: 2, to: 'not a device' })
    peer.say({ submit: 3 })
    peer.say({ submit: 4 })
    await peer.hears(({ reference }) => reference === 4)
    expect(peer.heard.slice(1)).toEqual([
      { reference: 1, error: ErrorCode.UNSPECIFIED },
      { reference: 2, error: ErrorCode.MALFORMED },
      { reference: 3, error: ErrorCode.UNSPECIFIED },
      { reference: 4, error: ErrorCode.RATE_LIMITED },
    ])
  })

  test('stop being read when too many are under way, and lose nothing', async () => {
    const world = await setUp()
    const gate = Promise.withResolvers<void>()
    world.gate = gate.promise
    const peer = await connect(world, 'right')
    for (let reference = 1; reference <= 600; reference++) peer.say({ submit: reference })
    // The gateway stops at its limit; what it has not read waits in the sockets.
    while (world.keys.length === 0) await new Promise((resolve) => setImmediate(resolve))
    gate.resolve()
    await peer.hears(({ reference }) => reference === 600)
    expect(peer.heard.slice(1).map(({ reference }) => reference)).toEqual(
      Array.from({ length: 600 }, (_, index) => index + 1),
    )
    expect(new Set(world.keys).size).toBe(600)
  })
})

describe('a socket with too much under way', () => {
  test('is not read again before there are answers', async () => {
    const world = await setUp()
    const gate = Promise.withResolvers<void>()
    world.gate = gate.promise
    const peer = await connect(world, 'right')
    // Far more than one read of a socket brings, so that the last message is read for itself.
    const padding = 'x'.repeat(2000)
    for (let submit = 1; submit <= 600; submit++) peer.say({ submit, padding })
    peer.say({ recall: 'nothing' })
    for (let others = 0; others < 5; others++) await connect(world, 'wrong')
    gate.resolve()
    await peer.hears(({ reference }) => reference === 600)
    await peer.hears((message) => 'recalled' in message)
    const firstAnswer = peer.heard.findIndex((message) => 'reference' in message)
    const recalled = peer.heard.findIndex((message) => 'recalled' in message)
    expect(firstAnswer).toBeLessThan(recalled)
  })
})

describe('acknowledgements', () => {
  test('are where the inbox begins', async () => {
    const world = await setUp()
    for (let count = 0; count < 3; count++) world.mailbox.append(10)
    world.mailbox.acknowledge('' as DeviceId, 2)
    const peer = await connect(world, 'right')
    peer.say({ attach: 10 })
    await peer.hears(({ sequence }) => sequence === 3)
    expect(peer.heard.slice(1)).toEqual([{ sequence: 3 }])
  })

  test('count also while no inbox is open', async () => {
    const world = await setUp()
    const peer = await connect(world, 'right')
    world.mailbox.append(10)
    peer.say({ upTo: 1, recall: 'nothing' })
    await peer.hears((message) => 'recalled' in message)
    expect(world.mailbox.acknowledged).toBe(1)
  })
})

describe('a reader that does not keep up', () => {
  test('is disconnected, and its letters stay', async () => {
    const world = await setUp({ slowReaderMs: 20_000 })
    const peer = await connect(world, 'right')
    peer.say({ attach: 2 })
    await new Promise((resolve) => setImmediate(resolve))
    world.mailbox.append(10)
    await peer.hears(({ sequence }) => sequence === 1)
    world.skew = 20_000
    expect((await peer.closed).reason).toBe('slow-reader')
    expect(world.mailbox.acknowledged).toBe(0)
    const again = await connect(world, 'right')
    again.say({ attach: 2 })
    await again.hears(({ sequence }) => sequence === 1)
  })

  test('is not disconnected while it acknowledges', async () => {
    const world = await setUp({ slowReaderMs: 20_000 })
    const peer = await connect(world, 'right')
    peer.say({ attach: 2 })
    world.mailbox.append(10)
    await peer.hears(({ sequence }) => sequence === 1)
    peer.say({ one: 1 })
    peer.say({ recall: 'nothing' })
    await peer.hears((message) => 'recalled' in message)
    expect(world.mailbox.acknowledged).toBe(1)
    world.skew = 20_000
    world.mailbox.append(10)
    await peer.hears(({ sequence }) => sequence === 2)
    expect(peer.socket.readyState).toBe(peer.socket.OPEN)
  })
})

describe('draining', () => {
  test('answers what is under way, says goodbye and takes nobody new', async () => {
    const world = await setUp()
    const gate = Promise.withResolvers<void>()
    world.gate = gate.promise
    const peer = await connect(world, 'right')
    peer.say({ submit: 1 })
    while (world.keys.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const stopped = world.server.stop()
    gate.resolve()
    expect((await peer.closed).reason).toBe('going-away')
    expect(peer.heard.slice(1)).toEqual([
      { reference: 1, error: ErrorCode.UNSPECIFIED },
      { goodbye: 'going-away' },
    ])
    await stopped
    await expect(new Peer(world.server.url).open()).rejects.toThrow()
    expect(world.mailbox.followers).toBe(0)
  })
})
