/** A machine with its effects recorded, and a client's words for talking to it. */
import type { Effects, ProtocolMachine } from '@isthmus/gateway-core/protocol'
import { delivery, ErrorCode, type Answer, type SealedEnvelope } from '@isthmus/proto/codec'
import { formatAddress, type Address } from '@isthmus/runtime/address'
import type { DeviceId } from '@isthmus/runtime/ids'
import { createGraphqlProtocol, graphqlProtocol } from '../machine.ts'
import { DEFAULT_GRAPHQL_LIMITS, type GraphqlLimits } from '../protocol/limits.ts'

export const ADDRESS = 'instagram:ada'
export const TOKEN = `isth_${'t'.repeat(43)}`
export const DEVICE = 'ada-device-0000000000A' as DeviceId
export const START = 1_795_411_827_000

export const SEND =
  'mutation Send($to: Address!, $id: ID!, $letters: [LetterInput!]!, $ttl: Int) { send(to: $to, id: $id, letters: $letters, ttl: $ttl) { id } }'
export const ACKNOWLEDGE = 'mutation ($upTo: Sequence!) { acknowledge(upTo: $upTo) }'
export const INBOX =
  'subscription ($after: Sequence) { inbox(after: $after) { sequence sealed acceptedAt } }'

export const ACCEPTED: Answer = {
  error: ErrorCode.UNSPECIFIED,
  missing: [],
  extra: [],
  retryAfterMs: 0,
}
export const refusal = (error: ErrorCode, more: Partial<Answer> = {}): Answer => ({
  ...ACCEPTED,
  error,
  ...more,
})

/** Two sends and what lies between them, in one mutation. */
export const TWO_SENDS = `mutation ($to: Address!, $letters: [LetterInput!]!) {
  first: send(to: $to, id: "m1", letters: $letters) { id }
  acknowledge(upTo: 7)
  second: send(to: $to, id: "m2", letters: $letters) { id __typename }
}`

/** A sealed letter's bytes, as good as any. */
export const sealedBytes = (seed: number, length = 60): Uint8Array =>
  new Uint8Array(length).map((_, index) => (index * 7 + seed) & 0xff)

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** Variables of a send of one letter. */
export const sendVariables = (
  id: string,
  to = 'whatsapp:14155550123',
): Record<string, unknown> => ({
  to,
  id,
  letters: [{ device: 'their-device-00000000A', sealed: base64(sealedBytes(1)) }],
})

/** What a machine asked for, but for frames and closes. */
export type Effect =
  | { readonly effect: 'authenticate'; readonly address: string; readonly token: string }
  | {
      readonly effect: 'submit'
      readonly reference: number
      readonly to: Address
      readonly envelope: SealedEnvelope
    }
  | { readonly effect: 'attach'; readonly window: number; readonly after?: number }
  | { readonly effect: 'detach' }
  | { readonly effect: 'acknowledge'; readonly upTo: number }

export interface ServerMessage {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

export class Harness {
  readonly machine: ProtocolMachine
  /** Frames not taken yet, as text. */
  frames: string[] = []
  effects: Effect[] = []
  readonly closes: { readonly code: number; readonly reason: string }[] = []
  now = START

  constructor(limits?: Partial<GraphqlLimits>) {
    const protocol = limits
      ? createGraphqlProtocol({ ...DEFAULT_GRAPHQL_LIMITS, ...limits })
      : graphqlProtocol
    this.machine = protocol.createMachine({
      effects: this.#sink(),
      now: this.now,
      nonce: 'n'.repeat(22),
      realm: 'isthmus.localhost',
    })
  }

  /** The frames since last asked, parsed. */
  take(): ServerMessage[] {
    const taken = this.frames.map((frame) => JSON.parse(frame) as ServerMessage)
    this.frames = []
    return taken
  }

  takeEffects(): Effect[] {
    const taken = this.effects
    this.effects = []
    return taken
  }

  /** A client's message: an object is sent as JSON. */
  receive(message: object | string): void {
    this.machine.receive(typeof message === 'string' ? message : JSON.stringify(message), this.now)
  }

  /** Up to connection_ack. */
  connect(): this {
    this.receive({ type: 'connection_init', payload: { address: ADDRESS, token: TOKEN } })
    this.machine.authenticated({ outcome: 'accepted', device: DEVICE })
    this.take()
    this.takeEffects()
    return this
  }

  subscribe(id: string, query: string, variables: unknown = {}, operationName?: string): void {
    this.receive({ type: 'subscribe', id, payload: { query, variables, operationName } })
  }

  complete(id: string): void {
    this.receive({ type: 'complete', id })
  }

  deliver(sequence: number, sealed = sealedBytes(sequence)): void {
    const bytes = delivery.encode({ sealed, acceptedAt: START + sequence })
    this.machine.deliver({ sequence, previous: sequence - 1, bytes })
  }

  /** Turns the clock on and says so, as a session does about once a second. */
  passMs(ms: number): void {
    const until = this.now + ms
    while (this.now < until) {
      this.now = Math.min(until, this.now + 1000)
      if (this.machine.deadline() <= this.now) this.machine.expire(this.now)
    }
  }

  #sink(): Effects {
    const record = (effect: Effect): void => void this.effects.push(effect)
    const notUsed = (): never => {
      throw new Error('not an effect of this protocol')
    }
    return {
      send: (frame) => {
        if (typeof frame !== 'string') throw new Error('a binary frame')
        if (this.closes.length > 0) throw new Error('a frame after the close')
        this.frames.push(frame)
      },
      close: (code, reason) => {
        if (this.closes.length > 0) throw new Error('a second close')
        this.closes.push({ code, reason })
      },
      authenticate: (address, token) =>
        record({ effect: 'authenticate', address: formatAddress(address), token }),
      submit: (reference, to, envelope) => record({ effect: 'submit', reference, to, envelope }),
      attach: (options) => record({ effect: 'attach', ...options }),
      detach: () => record({ effect: 'detach' }),
      acknowledge: (upTo) => record({ effect: 'acknowledge', upTo }),
      acknowledgeOne: notUsed,
      lookUpScram: notUsed,
      identified: notUsed,
      retain: notUsed,
      recall: notUsed,
    }
  }
}
