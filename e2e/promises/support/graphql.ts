/** graphql-transport-ws: JSON frames by hand. */
import { formatAddress, type Address } from '@isthmus/runtime/address'
import {
  ACCEPTED,
  LoginRefused,
  type Answer,
  type Client,
  type Connect,
  type Events,
  type Sealed,
} from './client.ts'
import { Socket, SocketClosed } from './socket.ts'

const SEND =
  'mutation Send($to: Address!, $id: ID!, $letters: [LetterInput!]!) { send(to: $to, id: $id, letters: $letters) { id } }'
const ACKNOWLEDGE = 'mutation Acknowledge($upTo: Sequence!) { acknowledge(upTo: $upTo) }'
const INBOX =
  'subscription Inbox($after: Sequence) { inbox(after: $after) { sequence sealed acceptedAt } }'

interface Problem {
  readonly message: string
  readonly extensions?: {
    readonly code?: string
    readonly missing?: readonly string[]
    readonly extra?: readonly string[]
    readonly retryAfterMs?: number
  }
}

export interface Message {
  readonly id?: string
  readonly type: string
  readonly payload?: {
    readonly errors?: readonly Problem[]
    readonly data?: {
      readonly inbox?: {
        readonly sequence: number
        readonly sealed: string
        readonly acceptedAt: number
      }
    } | null
  }
}

export const operation = (id: string, query: string, variables: object = {}): string =>
  JSON.stringify({ id, type: 'subscribe', payload: { query, variables } })

/** What a `send` says in its variables. */
export const sendVariables = (to: Address, id: string, letters: readonly Sealed[]): object => ({
  to: formatAddress(to),
  id,
  letters: letters.map(({ device, sealed }) => ({
    device,
    sealed: Buffer.from(sealed).toString('base64'),
  })),
})

export const sendOperation = (
  operationId: string,
  to: Address,
  id: string,
  letters: readonly Sealed[],
): string => operation(operationId, SEND, sendVariables(to, id, letters))

export const connectGraphql: Connect = async (urls, who, events, options = {}) => {
  const socket = await Socket.open(urls.instagram, 'graphql-transport-ws')
  const address = `${who.network}:${who.handle}`
  socket.send(JSON.stringify({ type: 'connection_init', payload: { address, token: who.token } }))
  await socket.next('connection_ack').catch((error: unknown) => {
    throw error instanceof SocketClosed ? new LoginRefused(String(error.code)) : error
  })
  const client = new GraphqlClient(socket, events)
  if (options.receive) socket.send(operation('inbox', INBOX, { after: options.after ?? null }))
  return client
}

class GraphqlClient implements Client {
  readonly resumed = false
  readonly #socket: Socket
  readonly #events: Events
  readonly #sent = new Map<string, string>()
  #operations = 0

  constructor(socket: Socket, events: Events) {
    this.#socket = socket
    this.#events = events
    socket.listen((frame) => this.#receive(JSON.parse(frame.toString()) as Message))
    void socket.closed.then((end) => events.end({ ...end, said: '' }))
  }

  submit(id: string, to: Address, letters: readonly Sealed[]): void {
    const operationId = `s${(this.#operations += 1)}`
    this.#sent.set(operationId, id)
    this.#socket.send(sendOperation(operationId, to, id, letters))
  }

  acknowledge(upTo: number): void {
    this.#socket.send(operation(`k${(this.#operations += 1)}`, ACKNOWLEDGE, { upTo }))
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  drop(): void {
    this.#socket.drop()
  }

  close(): void {
    this.#socket.close()
  }

  /** There are none: the inbox goes on from a cursor. */
  session(): undefined {
    return undefined
  }

  #receive({ id = '', type, payload }: Message): void {
    if (type === 'ping') this.#socket.send('{"type":"pong"}')
    else if (type === 'error') this.#answer(id, answerOf((payload as unknown as Problem[])[0]))
    else if (type === 'next' && payload?.data?.inbox) {
      const { sequence, sealed, acceptedAt } = payload.data.inbox
      this.#events.letter({ sequence, sealed: Buffer.from(sealed, 'base64'), acceptedAt })
    } else if (type === 'next') {
      const [problem] = payload?.errors ?? []
      this.#answer(id, problem ? answerOf(problem) : ACCEPTED)
    }
  }

  #answer(operationId: string, answer: Answer): void {
    const id = this.#sent.get(operationId)
    this.#sent.delete(operationId)
    if (id !== undefined) this.#events.answer(id, answer)
  }
}

const answerOf = (problem: Problem | undefined): Answer => {
  const { code = '', missing = [], extra = [], retryAfterMs = 0 } = problem?.extensions ?? {}
  return { error: code, missing, extra, retryAfterMs, said: problem?.message ?? '' }
}
