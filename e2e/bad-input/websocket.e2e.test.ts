/** What a WebSocket can be made of that no honest client sends, on each of the gateways. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { NETWORKS, type Network } from '@isthmus/runtime/address'
import { readdirSync } from 'node:fs'
import { within } from '../harness/within.ts'
import { Party } from '../promises/support/party.ts'
import { until } from '../promises/support/until.ts'
import { HealthyPair } from './support/healthy.ts'
import { FIN, frame, OPCODE, RawSocket, SUBPROTOCOLS, upgradeRequest } from './support/raw.ts'

const ORIGIN = 'https://app.example'
/** A sweep of the gateway's sockets takes place every second. */
const SOON_AFTER_TEN_SECONDS = 12_500

let party: Party
let pairs: readonly HealthyPair[]

beforeAll(async () => {
  party = await Party.begin([1, 1], { ISTHMUS_ALLOWED_ORIGINS: ORIGIN })
  pairs = await Promise.all(NETWORKS.map((network) => HealthyPair.begin(party, network)))
}, 30_000)
afterAll(() => party.end())

const urlOf = (network: Network): string => party.relay.urls[network]

const upgraded = (network: Network, headers: readonly string[] = []): Promise<RawSocket> =>
  RawSocket.upgraded(urlOf(network), { subprotocol: SUBPROTOCOLS[network], headers })

/** Speaks on a new connection until the relay ends it. */
const speak = async (network: Network, text: string): Promise<RawSocket> => {
  const raw = await RawSocket.open(urlOf(network))
  raw.write(text)
  return raw.ended()
}

/** Writes on an open WebSocket until the relay closes it, and gives the close code. */
const closedBy = async (network: Network, ...bytes: readonly Uint8Array[]): Promise<number> => {
  const raw = await upgraded(network)
  for (const each of bytes) raw.write(each)
  return (await raw.ended()).closeCode
}

const refusedHandshakes = (network: Network) => {
  const [url, subprotocol] = [urlOf(network), SUBPROTOCOLS[network]]
  const { pathname } = new URL(url)
  const filler = (lines: number, bytes: number): string[] =>
    Array.from({ length: lines }, (_, line) => `X-${line}: ${'a'.repeat(bytes)}`)
  return [
    ['no subprotocol', 400, { subprotocol: undefined }],
    ['a wrong subprotocol', 400, { subprotocol: 'chat' }],
    ['the legacy subprotocol', 400, { subprotocol: 'graphql-ws' }],
    ['a token in the URL', 400, { subprotocol, path: `${pathname}?token=isth_secret` }],
    ['a wrong path', 404, { subprotocol, path: '/' }],
    ['a path that climbs', 404, { subprotocol, path: `/..${pathname}` }],
    ['a foreign Origin', 403, { subprotocol, headers: ['Origin: https://evil.example'] }],
    ['an Origin of null', 403, { subprotocol, headers: ['Origin: null'] }],
    ['an Origin that only begins well', 403, { subprotocol, headers: [`Origin: ${ORIGIN}.evil`] }],
    ['9 KB in one header', 431, { subprotocol, headers: filler(1, 9000) }],
    ['thousands of headers', 431, { subprotocol, headers: filler(4000, 1) }],
  ] as const
}

describe.each(NETWORKS)('a handshake with the %s gateway', (network) => {
  test('that may not become a WebSocket gets its HTTP status and the end', async () => {
    const asked = refusedHandshakes(network)
    const got = await Promise.all(
      asked.map(async ([what, , upgrade]) => {
        const { status, text } = await speak(network, upgradeRequest(urlOf(network), upgrade))
        expect(text).not.toContain('isth_secret')
        return [what, status]
      }),
    )
    expect(got).toEqual(asked.map(([what, status]) => [what, status]))
  })

  test('without an upgrade gets 426, and what is not HTTP gets 400', async () => {
    const plain = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
    expect((await speak(network, plain)).status).toBe(426)
    expect((await speak(network, '\u0016\u0003\u0001 hello\r\n\r\n')).status).toBe(400)
  })

  test('negotiates no compression', async () => {
    const offer = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'
    const raw = await upgraded(network, [offer, `Origin: ${ORIGIN}`])
    expect(raw.text.toLowerCase()).not.toContain('sec-websocket-extensions')
    // A compressed message all the same: RSV1 is set.
    raw.write(frame({ first: FIN | 0x40 | OPCODE.binary, payload: Buffer.alloc(100) }))
    expect((await raw.ended()).closeCode).toBe(1002)
  })
})

const hello = Buffer.from('hello')

describe.each(NETWORKS)('a frame to the %s gateway', (network) => {
  test.each([
    ['without a mask', 1002, [{ first: FIN | OPCODE.binary, payload: hello, masked: false }]],
    ['with a reserved bit', 1002, [{ first: FIN | 0x20 | OPCODE.binary, payload: hello }]],
    ['of a reserved opcode', 1002, [{ first: FIN | 3, payload: hello }]],
    ['of 2^63 bytes', 1009, [{ first: FIN | OPCODE.binary, announced: 2n ** 63n }]],
    ['of 100 MB', 1009, [{ first: FIN | OPCODE.binary, announced: 100_000_000n }]],
    ['that continues nothing', 1002, [{ first: FIN | OPCODE.continuation, payload: hello }]],
    ['of control over 125 bytes', 1002, [{ first: FIN | OPCODE.ping, payload: Buffer.alloc(126) }]],
    ['of control in fragments', 1002, [{ first: OPCODE.ping, payload: hello }]],
    ['of text that is not UTF-8', 1007, [{ first: FIN | OPCODE.text, payload: Buffer.of(0xc3) }]],
    ['of close with one byte', 1002, [{ first: FIN | OPCODE.close, payload: Buffer.of(3) }]],
    [
      'in the middle of another message',
      1002,
      [
        { first: OPCODE.binary, payload: hello },
        { first: FIN | OPCODE.binary, payload: hello },
      ],
    ],
  ])('%s closes with %d', async (_, code, frames) => {
    expect(await closedBy(network, ...frames.map(frame))).toBe(code)
  })

  test('in a flood of fragments of one byte closes with 1008', async () => {
    const first = frame({ first: OPCODE.binary, payload: Buffer.of(0) })
    const more = frame({ first: OPCODE.continuation, payload: Buffer.of(0) })
    const flood = Buffer.concat(Array.from({ length: 100_000 }, () => more))
    expect(await closedBy(network, first, flood)).toBe(1008)
  })

  test('that is a ping is answered; a flood of them, whose pongs would pile up, is cut off', async () => {
    const pings = (count: number): Buffer =>
      Buffer.concat(
        Array.from({ length: count }, () => frame({ first: FIN | OPCODE.ping, payload: hello })),
      )
    const raw = await upgraded(network)
    const pongs = (): number => raw.frames.filter(({ opcode }) => opcode === OPCODE.pong).length
    raw.write(pings(20))
    await raw.hears(() => pongs() === 20, 'pongs')
    raw.write(pings(50_000))
    await raw.ended()
    expect(raw.closeCode).toBe(1006)
    expect(pongs()).toBeLessThan(1000)
  })
})

/** How each protocol says that nobody authenticated. */
const UNAUTHENTICATED = { whatsapp: 1013, messenger: 4408, instagram: 4408 } as const

test('who stays silent or dribbles is let go in time', async () => {
  const dribble = async (network: Network): Promise<number> => {
    const raw = await RawSocket.open(urlOf(network))
    raw.write('GET / HTTP/1.1\r\n')
    const drops = setInterval(() => raw.write('X-Slow: 1\r\n'), 500)
    await raw.ended(SOON_AFTER_TEN_SECONDS).finally(() => clearInterval(drops))
    return raw.status
  }
  const mute = async (network: Network): Promise<number> =>
    (await (await RawSocket.open(urlOf(network))).ended(SOON_AFTER_TEN_SECONDS)).status
  const unauthenticated = async (network: Network): Promise<number> => {
    const raw = await upgraded(network)
    // It never answers the close: it is half gone.
    await raw.hears(({ closeCode }) => closeCode !== 1006, 'the close', SOON_AFTER_TEN_SECONDS)
    const { closeCode } = raw
    raw.destroy()
    return closeCode
  }
  const got = await Promise.all(
    NETWORKS.map(async (network) => {
      const all = [dribble(network), mute(network), unauthenticated(network)] as const
      const [dribbled, silent, code] = await Promise.all(all)
      return { network, dribbled, silent, code }
    }),
  )
  expect(got).toEqual(
    NETWORKS.map((network) => ({
      ...{ network, dribbled: 408, silent: 408 },
      code: UNAUTHENTICATED[network],
    })),
  )
}, 25_000)

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux(
  'a peer that was refused and never ends its side holds no socket of the relay',
  async () => {
    const openFiles = (): number => readdirSync(`/proc/${party.relay.pid}/fd`).length
    const before = openFiles()
    const refused = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const raw = await RawSocket.open(urlOf('messenger'))
        raw.write(upgradeRequest(urlOf('messenger'), { subprotocol: 'chat' }))
        await within(raw.closed, 'the refusal')
        return raw
      }),
    )
    await until('the sockets to be let go', () => openFiles() < before + 20)
    for (const raw of refused) raw.destroy()
  },
)

test('the healthy got all of their letters, in order, once', async () => {
  for (const pair of pairs) {
    const { written, read, prompt } = await pair.end()
    expect(written.length).toBeGreaterThan(50)
    expect(read).toEqual(written)
    expect(prompt).toBe(true)
  }
}, 30_000)
