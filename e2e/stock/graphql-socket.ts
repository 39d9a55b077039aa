/** What the two GraphQL clients share: graphql-ws' socket and the operations' texts. */
import type { Address } from '@isthmus/runtime/address'
import { createClient, type Client } from 'graphql-ws'
import type { Line } from '../harness/line.ts'
import type { Device, Letter } from '../harness/people.ts'
import type { Queue } from '../harness/queue.ts'
import { within } from '../harness/within.ts'
import { RECONNECT_MS, type Ends, type Outcome, type Received } from './client.ts'

export const SEND = `mutation ($to: Address!, $id: ID!, $letters: [LetterInput!]!) {
  send(to: $to, id: $id, letters: $letters) { id }
}`
export const ACKNOWLEDGE = 'mutation ($upTo: Sequence!) { acknowledge(upTo: $upTo) }'
/** Operations of a socket are taken in order: its result says that those before it have begun. */
export const ME = '{ me { address } }'
export const INBOX = 'subscription { inbox { sequence sealed acceptedAt } }'

export interface LetterValue {
  readonly sequence: number
  readonly sealed: string
  readonly acceptedAt: number
}

export const receivedOf = ({ sequence, sealed, acceptedAt }: LetterValue): Received => ({
  sequence,
  acceptedAt,
  sealed: Buffer.from(sealed, 'base64'),
})

export const sendVariables = (
  to: Address,
  id: string,
  letters: readonly Letter[],
): Record<string, unknown> => ({
  to: `${to.network}:${to.handle}`,
  id,
  letters: letters.map(({ device, sealed }) => ({
    device,
    sealed: Buffer.from(sealed).toString('base64'),
  })),
})

interface Extensions {
  readonly code?: string
  readonly missing?: readonly string[]
  readonly extra?: readonly string[]
  readonly retryAfterMs?: number
}

export const refusalOf = (extensions: Record<string, unknown> | undefined): Outcome => {
  const { code = 'none', missing = [], extra = [], retryAfterMs = 0 }: Extensions = extensions ?? {}
  return { answer: code, code, missing, extra, retryAfterMs }
}

/** Close codes after which the protocol's page says not to connect again. */
const FINAL = [1008, 1009, 4403]

const codeOf = (event: unknown): number | undefined => (event as { code?: number }).code

/** The client, when the relay has acknowledged its connection. */
export const openSocket = async (
  line: Line,
  device: Device,
  ends: Ends,
  returns: Queue<'resumed' | 'anew'>,
): Promise<Client> => {
  const acknowledged = Promise.withResolvers<void>()
  const client = createClient({
    url: line.url,
    connectionParams: { address: device.account.address, token: device.token },
    lazy: false,
    retryAttempts: Infinity,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, RECONNECT_MS)),
    shouldRetry: (event) => !FINAL.includes(codeOf(event) ?? 0),
    onNonLazyError: (event) => {
      const { code, reason } = event as { code?: number; reason?: string }
      acknowledged.reject(new Error(`closed: ${code} ${reason}`))
    },
    on: {
      connected: (_socket, _payload, wasRetry) => {
        if (wasRetry) returns.push('anew')
        acknowledged.resolve()
      },
      opened: () => ends.begin(),
      closed: (event) => ends.end(codeOf(event), ''),
    },
  })
  await within(acknowledged.promise, 'connection_ack').catch(async (error: unknown) => {
    await endSocket(client)
    throw error
  })
  return client
}

/** While the client tries to connect again, its end is told as a failure of that. */
export const endSocket = async (client: Client): Promise<void> => {
  await Promise.resolve(client.dispose()).catch(() => undefined)
}
