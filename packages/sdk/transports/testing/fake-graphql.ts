/** The Instagram gateway's protocol, as far as the transport meets it. */
import { fromBase64, toBase64 } from '../../bytes.ts'
import type { Answer, Submission } from '../port.ts'
import { listen, type Ending, type FakeGateway } from './gateway.ts'

interface Operation {
  readonly query: string
  readonly variables: {
    readonly id: string
    readonly to: string
    readonly ttl?: number
    readonly upTo: number
    readonly letters: readonly { readonly device: string; readonly sealed: string }[]
  }
}
interface Frame {
  readonly type: string
  readonly id: string
  readonly payload: Operation & { readonly address: string; readonly token: string }
}

const ENDINGS: Record<Exclude<Ending, 'drop'>, readonly [number, string]> = {
  'going-away': [1012, 'Service restart'],
  'try-later': [1013, 'Try again later'],
  replaced: [1008, 'Replaced: this device connected again'],
  revoked: [1008, 'Revoked: the device token is not valid any more'],
  violation: [4400, 'Invalid message: for a test'],
}

const toErrors = (answer: Exclude<Answer, { accepted: true }>): object[] => {
  const { code, missing, extra, retryAfterMs } = answer
  const extensions = {
    code: code.toUpperCase().replaceAll('-', '_'),
    ...(code === 'stale-devices' ? { missing, extra } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
  return [{ message: 'no', extensions }]
}

export const fakeGraphqlGateway = async (): Promise<FakeGateway> => {
  let acknowledged = 0
  let inbox = ''
  /** Letters that wait for the subscription. */
  const early: object[] = []
  const say = (frame: object): void => shell.socket().send(JSON.stringify(frame))
  const result = (id: string, payload: object): void => {
    say({ id, type: 'next', payload })
    say({ id, type: 'complete' })
  }
  const tell = (letter: object): void => {
    if (inbox === '') early.push(letter)
    else say({ id: inbox, type: 'next', payload: { data: { inbox: letter } } })
  }
  const operate = (id: string, { query, variables }: Operation): void => {
    if (query.startsWith('subscription')) {
      inbox = id
      for (const letter of early.splice(0)) tell(letter)
    } else if (query.includes('acknowledge')) {
      acknowledged = variables.upTo
      result(id, { data: { acknowledge: variables.upTo } })
    } else {
      const letters = variables.letters.map(({ device, sealed }) => ({
        ...{ deviceId: device, sealed: fromBase64(sealed) },
      }))
      const { to, ttl = 0 } = variables
      const submission: Submission = { id: variables.id, to, letters, ttlSeconds: ttl }
      gateway.submissions.push(submission)
      const answer = gateway.answer(submission)
      if (answer?.accepted) result(id, { data: { send: { id: submission.id } } })
      else if (answer) result(id, { data: null, errors: toErrors(answer) })
    }
  }
  const shell = await listen('graphql-transport-ws', '/graphql', (socket) => ({
    receive: (data) => {
      const { type, id, payload } = JSON.parse(String(data)) as Frame
      if (type === 'connection_init') {
        gateway.logins.push({ address: payload.address, token: payload.token })
        if (gateway.isRight(payload.token)) say({ type: 'connection_ack' })
        else socket.close(4403, 'Forbidden')
      } else if (type === 'subscribe') operate(id, payload)
    },
  }))
  const gateway: FakeGateway = {
    url: shell.url,
    logins: [],
    submissions: [],
    acknowledged: () => acknowledged,
    answer: () => ({ accepted: true }),
    isRight: (token) => token !== 'isth_wrong',
    deliver: ({ sequence, acceptedAt, sealed }) => {
      tell({ sequence, acceptedAt, sealed: toBase64(sealed) })
    },
    deliverGarbage: () => tell({ sequence: 'one' }),
    end: (how) =>
      how === 'drop' ? shell.socket().terminate() : shell.socket().close(...ENDINGS[how]),
    sockets: () => shell.server.clients.size,
    stop: shell.stop,
  }
  return gateway
}
