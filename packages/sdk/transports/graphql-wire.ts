/** What the relay's words are in GraphQL operations. Pure. */
import { fromBase64, toBase64 } from '../bytes.ts'
import { toRelayCode } from '../errors.ts'
import { toClose, type SocketClose } from './close.ts'
import type { Answer, Close, DeliveredLetter, Submission } from './port.ts'

export const SEND = `mutation Send($to: Address!, $id: ID!, $letters: [LetterInput!]!, $ttl: Int) {
  send(to: $to, id: $id, letters: $letters, ttl: $ttl) { id }
}`
export const ACKNOWLEDGE = 'mutation Acknowledge($upTo: Sequence!) { acknowledge(upTo: $upTo) }'
export const INBOX = 'subscription Inbox { inbox { sequence sealed acceptedAt } }'

export interface GraphqlError {
  readonly message?: string
  readonly extensions?: {
    readonly code?: unknown
    readonly missing?: readonly string[]
    readonly extra?: readonly string[]
    readonly retryAfterMs?: number
  }
}

export interface Result {
  readonly data?: Readonly<Record<string, unknown>> | null | undefined
  readonly errors?: readonly GraphqlError[] | undefined
}

export const toRefusal = ([error]: readonly GraphqlError[]): Answer => {
  const { code, missing, extra, retryAfterMs } = error?.extensions ?? {}
  return {
    accepted: false,
    code: typeof code === 'string' ? toRelayCode(code) : 'malformed',
    missing: missing ?? [],
    extra: extra ?? [],
    retryAfterMs,
  }
}

/** @throws RangeError if it is not a Letter of the schema. */
export const toLetter = (value: unknown): DeliveredLetter => {
  const { sequence, sealed, acceptedAt } = (value ?? {}) as Record<string, unknown>
  const isSound =
    Number.isSafeInteger(sequence) && Number.isSafeInteger(acceptedAt) && typeof sealed === 'string'
  if (!isSound) throw new RangeError('not a Letter')
  return {
    sequence: Number(sequence),
    acceptedAt: Number(acceptedAt),
    sealed: fromBase64(sealed),
  }
}

/** The variables of SEND. */
export const toVariables = ({ id, to, letters, ttlSeconds }: Submission) => ({
  ...{ id, to },
  letters: letters.map(({ deviceId, sealed }) => ({ device: deviceId, sealed: toBase64(sealed) })),
  ...(ttlSeconds > 0 ? { ttl: ttlSeconds } : {}),
})

/** 1008 says a policy was violated; its reason says which. 4409 means something else here. */
export const toGraphqlClose = ({ code, reason }: SocketClose): Close => {
  const close = toClose({ code, reason })
  if (code === 4409) return { ...close, cause: 'protocol' }
  if (code !== 1008) return close
  if (reason.startsWith('Replaced')) return { ...close, cause: 'replaced' }
  return reason.startsWith('Revoked') ? { ...close, cause: 'unauthenticated' } : close
}
