/** @urql/core with its subscriptionExchange over graphql-ws, as its documentation sets it up. */
import { Client, subscriptionExchange } from '@urql/core'
import type { Client as SocketClient, SubscribePayload } from 'graphql-ws'
import { Line } from '../harness/line.ts'
import { Queue } from '../harness/queue.ts'
import { within } from '../harness/within.ts'
import { ACCEPTED, Ends, Pending, type Received, type StockKind } from './client.ts'
import {
  ACKNOWLEDGE,
  INBOX,
  ME,
  endSocket,
  openSocket,
  receivedOf,
  refusalOf,
  SEND,
  sendVariables,
  type LetterValue,
} from './graphql-socket.ts'

const createUrql = (socket: SocketClient): Client =>
  new Client({
    url: 'http://127.0.0.1/never-fetched',
    preferGetMethod: false,
    exchanges: [
      subscriptionExchange({
        enableAllOperations: true,
        forwardSubscription: (operation) => ({
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe(operation as SubscribePayload, sink as never),
          }),
        }),
      }),
    ],
  })

export const urql: StockKind = {
  name: 'urql',
  network: 'instagram',
  dialect: 'graphql',
  connect: async (urls, device) => {
    const line = await Line.open(urls.instagram)
    const received = new Queue<Received>()
    const ends = new Ends()
    const returns = new Queue<'resumed' | 'anew'>()
    const pending = new Pending()
    const socket = await openSocket(line, device, ends, returns).catch(async (error: unknown) => {
      await line.close()
      throw error
    })
    const client = createUrql(socket)
    const inbox = client.subscription<{ inbox: LetterValue }>(INBOX, {}).subscribe(({ data }) => {
      if (!data) return
      received.push(receivedOf(data.inbox))
      void client.mutation(ACKNOWLEDGE, { upTo: data.inbox.sequence }).toPromise()
    })
    await within(client.query(ME, {}).toPromise(), 'the inbox')
    return {
      kind: urql,
      line,
      received,
      ends,
      returns,
      send: (to, id, letters) => {
        const answer = pending.add(id)
        void client
          .mutation(SEND, sendVariables(to, id, letters))
          .toPromise()
          .then(({ error }) => {
            // A network error is the socket's end; the answer, if there is one, comes with the next.
            if (error?.networkError) return
            const refusal = error?.graphQLErrors[0]
            pending.settle(id, refusal ? refusalOf(refusal.extensions) : ACCEPTED)
          })
        return answer
      },
      close: async () => {
        inbox.unsubscribe()
        await endSocket(socket)
        await line.quiet()
        await line.close()
      },
    }
  },
}
