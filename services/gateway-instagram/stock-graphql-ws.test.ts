/** graphql-ws' own client, as it is, against the gateway on a real socket. */
import { ErrorCode } from '@isthmus/proto/codec'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  createClient,
  type Client,
  type ClientOptions,
  type FormattedExecutionResult,
} from 'graphql-ws'
import { WebSocket } from 'ws'
import { ACKNOWLEDGE, base64, INBOX, refusal, SEND, sealedBytes } from './testing/harness.ts'
import { ADA, GRACE, startTestRelay, type Person, type TestRelay } from './testing/relay.ts'

type Data = Record<string, unknown>
type Result = FormattedExecutionResult<Data, Data>
interface Inbox {
  readonly inbox: {
    readonly sequence: number
    readonly sealed: string
    readonly acceptedAt: number
  }
}

let relay: TestRelay
const clients: Client[] = []

beforeEach(async () => {
  relay = await startTestRelay()
})

afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose()
  await relay.stop()
})

const connect = (person: Person, options: Partial<ClientOptions> = {}): Client => {
  const client = createClient({
    url: relay.url,
    webSocketImpl: WebSocket,
    connectionParams: { address: person.address, token: person.token },
    retryWait: () => Promise.resolve(),
    ...options,
  })
  clients.push(client)
  return client
}

/** The one result of a query or mutation. */
const run = async (client: Client, query: string, variables: Data = {}): Promise<Result> => {
  for await (const result of client.iterate({ query, variables })) return result as Result
  throw new Error('no result')
}

const send = (client: Client, to: Person, id: string, seed: number): Promise<Result> => {
  const letters = [{ device: to.device, sealed: base64(sealedBytes(seed)) }]
  return run(client, SEND, { to: to.address, id, letters })
}

/** Takes letters from the inbox, acknowledging each, until there are as many as wanted. */
const take = async (client: Client, count: number, after?: number): Promise<Inbox['inbox'][]> => {
  const letters: Inbox['inbox'][] = []
  for await (const { data } of client.iterate<Inbox>({ query: INBOX, variables: { after } })) {
    if (!data) throw new Error('no data')
    letters.push(data.inbox)
    await run(client, ACKNOWLEDGE, { upTo: data.inbox.sequence })
    if (letters.length === count) break
  }
  return letters
}

const closeOf = (client: Client): Promise<{ code: number; reason: string }> =>
  new Promise((resolve) => {
    client.on('closed', (event) => resolve(event as { code: number; reason: string }))
  })

describe('graphql-ws', () => {
  test('connects and asks who it is', async () => {
    const result = await run(connect(ADA), '{ me { address device } }')
    expect(result).toEqual({ data: { me: { address: ADA.address, device: ADA.device } } })
  })

  test('sends, receives in order and acknowledges', async () => {
    const [ada, grace] = [connect(ADA), connect(GRACE)]
    const received = take(grace, 20)
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) => send(ada, GRACE, `m${index}`, index)),
    )
    expect(results).toEqual(results.map((_, index) => ({ data: { send: { id: `m${index}` } } })))
    const letters = await received
    expect(letters.map(({ sequence }) => sequence)).toEqual(letters.map((_, index) => index + 1))
    expect(letters.map(({ sealed }) => sealed)).toEqual(
      letters.map((_, index) => base64(sealedBytes(index))),
    )
    await relay.mailboxes.acknowledged(GRACE.device, 20)
  })

  test('reads what came while it was away, from its cursor', async () => {
    const ada = connect(ADA)
    await send(ada, GRACE, 'm1', 1)
    await send(ada, GRACE, 'm2', 2)
    expect((await take(connect(GRACE), 1)).map(({ sequence }) => sequence)).toEqual([1])
    await send(ada, GRACE, 'm3', 3)
    expect((await take(connect(GRACE), 2)).map(({ sequence }) => sequence)).toEqual([2, 3])
  })

  test('with a cursor of its own starts after it', async () => {
    const ada = connect(ADA)
    for (const seed of [1, 2, 3]) await send(ada, GRACE, `m${seed}`, seed)
    expect((await take(connect(GRACE), 1, 2)).map(({ sequence }) => sequence)).toEqual([3])
  })

  test('by itself connects again after a cut, subscribes again and misses nothing', async () => {
    const ada = connect(ADA)
    const sockets: WebSocket[] = []
    const grace = connect(GRACE, {
      retryAttempts: Infinity,
      on: { connected: (socket) => void sockets.push(socket as WebSocket) },
    })
    const sequences = new Set<number>()
    void send(ada, GRACE, 'm1', 1)
    for await (const { data } of grace.iterate<Inbox>({ query: INBOX })) {
      const sequence = data?.inbox.sequence ?? 0
      sequences.add(sequence)
      if (sequence === 30) break
      // Cut three times, each with letters received and not acknowledged.
      if (sequences.size % 10 === 5 && sockets.length < 4) sockets.at(-1)?.terminate()
      else void run(grace, ACKNOWLEDGE, { upTo: sequence }).catch(() => undefined)
      if (sequences.size === 1) {
        for (let seed = 2; seed <= 30; seed++) void send(ada, GRACE, `m${seed}`, seed)
      }
    }
    expect([...sequences].toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, index) => index + 1),
    )
    expect(sockets.length).toBeGreaterThan(1)
  })

  test('is told of a refusal', async () => {
    relay.answer = refusal(ErrorCode.STALE_DEVICES, { missing: ['new'], extra: ['old'] })
    const result = await send(connect(ADA), GRACE, 'm1', 1)
    expect(result).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'STALE_DEVICES', missing: ['new'], extra: ['old'] } }],
    })
  })

  test('is told of an operation that is not sound', async () => {
    await expect(run(connect(ADA), '{ nonsense }')).rejects.toMatchObject([
      { message: expect.stringContaining('nonsense'), extensions: { code: 'MALFORMED' } },
    ])
  })

  test('with a wrong token is closed with 4403', async () => {
    const client = connect({ ...ADA, token: GRACE.token }, { retryAttempts: 0 })
    await expect(run(client, '{ me { device } }')).rejects.toMatchObject({
      code: 4403,
      reason: 'Forbidden',
    })
  })

  test('gives way to a newer socket of its device, and does not fight for it', async () => {
    const first = connect(ADA, {
      lazy: false,
      retryAttempts: Infinity,
      onNonLazyError: () => undefined,
    })
    const closed = closeOf(first)
    await run(first, '{ me { device } }')
    const second = connect(ADA)
    await run(second, '{ me { device } }')
    expect(await closed).toMatchObject({ code: 1008, reason: expect.stringContaining('Replaced') })
  })

  test('is closed with 1008 when its token is revoked', async () => {
    const client = connect(ADA)
    const ended = take(client, 1).catch((error: unknown) => error)
    await run(client, '{ me { device } }')
    relay.revoke(ADA.device)
    expect(await ended).toMatchObject({ code: 1008, reason: expect.stringContaining('Revoked') })
  })

  test('pings and is answered', async () => {
    const ponged = new Promise((resolve) => {
      connect(ADA, {
        lazy: false,
        keepAlive: 1,
        on: { pong: (received) => received && resolve(true) },
      })
    })
    expect(await ponged).toBe(true)
  })

  test('is told to come again when the gateway stops', async () => {
    const client = connect(ADA, { lazy: false, retryAttempts: 0, onNonLazyError: () => undefined })
    const closed = closeOf(client)
    await run(client, '{ me { device } }')
    await relay.server.stop()
    expect(await closed).toMatchObject({ code: 1012, reason: 'Service restart' })
  })
})

describe('the legacy subprotocol', () => {
  test.each(['graphql-ws', 'graphql-transport-ws-2', ''])(
    '%j is no way in',
    async (subprotocol) => {
      const socket = new WebSocket(relay.url, subprotocol === '' ? [] : [subprotocol])
      const status = await new Promise((resolve) => {
        socket.on('unexpected-response', (_, response) => resolve(response.statusCode))
        socket.on('open', () => resolve('open'))
      })
      expect(status).toBe(400)
    },
  )
})
