/** @urql/core over graphql-ws, set up as its documentation says, against the gateway. */
import { ErrorCode } from '@isthmus/proto/codec'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Client, subscriptionExchange, type OperationResult } from '@urql/core'
import { createClient, type Client as SocketClient, type SubscribePayload } from 'graphql-ws'
import { WebSocket } from 'ws'
import { ACKNOWLEDGE, base64, INBOX, refusal, SEND, sealedBytes } from './testing/harness.ts'
import { ADA, GRACE, startTestRelay, type Person, type TestRelay } from './testing/relay.ts'

interface Inbox {
  readonly inbox: { readonly sequence: number; readonly sealed: string }
}

let relay: TestRelay
const sockets: SocketClient[] = []

beforeEach(async () => {
  relay = await startTestRelay()
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) await socket.dispose()
  await relay.stop()
})

const connect = ({ address, token }: Person): Client => {
  const socket = createClient({
    url: relay.url,
    webSocketImpl: WebSocket,
    connectionParams: { address, token },
    retryAttempts: 0,
  })
  sockets.push(socket)
  return new Client({
    url: 'http://127.0.0.1/never-fetched',
    preferGetMethod: false,
    exchanges: [
      subscriptionExchange({
        enableAllOperations: true,
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe(request as SubscribePayload, sink as never),
          }),
        }),
      }),
    ],
  })
}

const send = (client: Client, to: Person, id: string, seed: number): Promise<OperationResult> => {
  const letters = [{ device: to.device, sealed: base64(sealedBytes(seed)) }]
  return client.mutation(SEND, { to: to.address, id, letters }).toPromise()
}

test('asks who it is', async () => {
  const { data, error } = await connect(ADA).query('{ me { address device } }', {}).toPromise()
  expect(error).toBeUndefined()
  // urql asks for the type names too.
  expect(data).toMatchObject({ me: { address: ADA.address, device: ADA.device } })
})

test('sends, receives, acknowledges, and goes on from the cursor', async () => {
  const [ada, grace] = [connect(ADA), connect(GRACE)]
  const receive = (count: number): Promise<Inbox['inbox'][]> =>
    new Promise((resolve) => {
      const letters: Inbox['inbox'][] = []
      const subscription = grace.subscription<Inbox>(INBOX, {}).subscribe(({ data }) => {
        if (!data) return
        letters.push(data.inbox)
        const acknowledged = grace.mutation(ACKNOWLEDGE, { upTo: data.inbox.sequence }).toPromise()
        if (letters.length < count) return
        void acknowledged.then(() => {
          subscription.unsubscribe()
          resolve(letters)
        })
      })
    })

  const first = receive(3)
  for (const seed of [1, 2, 3]) {
    const { data, error } = await send(ada, GRACE, `m${seed}`, seed)
    expect(error).toBeUndefined()
    expect(data).toMatchObject({ send: { id: `m${seed}` } })
  }
  expect((await first).map(({ sealed }) => sealed)).toEqual(
    [1, 2, 3].map((seed) => base64(sealedBytes(seed))),
  )
  await relay.mailboxes.acknowledged(GRACE.device, 3)
  await send(ada, GRACE, 'm4', 4)
  expect((await receive(1)).map(({ sequence }) => sequence)).toEqual([4])
})

test('is told of a refusal by its code', async () => {
  relay.answer = refusal(ErrorCode.UNKNOWN_RECIPIENT)
  const { error } = await send(connect(ADA), GRACE, 'm1', 1)
  expect(error?.graphQLErrors.map(({ extensions }) => extensions)).toEqual([
    { code: 'UNKNOWN_RECIPIENT' },
  ])
})

test('is told of an operation that is not sound', async () => {
  const { error } = await connect(ADA).query('{ me { nonsense } }', {}).toPromise()
  expect(error?.graphQLErrors[0]?.message).toContain('nonsense')
})
