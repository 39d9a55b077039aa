/** graphql-ws' own client. After a cut it connects and begins every open operation again. */
import type { Client, FormattedExecutionResult } from 'graphql-ws'
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

type Result = FormattedExecutionResult<Record<string, unknown>, Record<string, unknown>>

/** Operations end with the socket; what that means to the app is told by `ends`. */
const ignore = (): void => undefined

const operate = (
  client: Client,
  query: string,
  variables: Record<string, unknown>,
  next: (result: Result) => void = ignore,
): void => {
  client.subscribe({ query, variables }, { next: next as never, error: ignore, complete: ignore })
}

const readInbox = (client: Client, received: Queue<Received>): void => {
  client.subscribe<{ inbox: LetterValue }>(
    { query: INBOX },
    {
      next: ({ data }) => {
        if (!data) return
        received.push(receivedOf(data.inbox))
        operate(client, ACKNOWLEDGE, { upTo: data.inbox.sequence })
      },
      error: ignore,
      complete: ignore,
    },
  )
}

export const graphqlWs: StockKind = {
  name: 'graphql-ws',
  network: 'instagram',
  dialect: 'graphql',
  connect: async (urls, device) => {
    const line = await Line.open(urls.instagram)
    const received = new Queue<Received>()
    const ends = new Ends()
    const returns = new Queue<'resumed' | 'anew'>()
    const pending = new Pending()
    const client = await openSocket(line, device, ends, returns).catch(async (error: unknown) => {
      await line.close()
      throw error
    })
    readInbox(client, received)
    await within(new Promise((resolve) => operate(client, ME, {}, resolve)), 'the inbox')
    return {
      kind: graphqlWs,
      line,
      received,
      ends,
      returns,
      send: (to, id, letters) => {
        const answer = pending.add(id)
        operate(client, SEND, sendVariables(to, id, letters), ({ errors }) => {
          pending.settle(id, errors ? refusalOf(errors[0]?.extensions) : ACCEPTED)
        })
        return answer
      },
      close: async () => {
        await endSocket(client)
        await line.quiet()
        await line.close()
      },
    }
  },
}
