/**
 * graphql-transport-ws as a pure protocol machine: the connection, its beginning and its end. What
 * a message does in which state is in protocol/states.ts, what operations do in
 * protocol/operations.ts.
 */
import type {
  Authentication,
  Effects,
  GoodbyeReason,
  MachineContext,
  ProtocolFactory,
  ProtocolMachine,
} from '@isthmus/gateway-core/protocol'
import type { StoredLetter } from '@isthmus/mailbox/port'
import type { Answer } from '@isthmus/proto/codec'
import type { Address } from '@isthmus/runtime/address'
import { CLOSES, closeReason, GOODBYES, type Close } from './answers.ts'
import { credentialsOf } from './protocol/credentials.ts'
import { Documents } from './protocol/documents.ts'
import { Keepalive } from './protocol/keepalive.ts'
import { DEFAULT_GRAPHQL_LIMITS, type GraphqlLimits } from './protocol/limits.ts'
import { CONNECTION_ACK } from './protocol/messages/connection-ack.ts'
import type { ConnectionInit } from './protocol/messages/connection-init.ts'
import { parseMessage, type ClientMessage } from './protocol/messages/message.ts'
import { PING } from './protocol/messages/ping.ts'
import { encodePong } from './protocol/messages/pong.ts'
import { Operations } from './protocol/operations.ts'
import { createSchema } from './protocol/schema.ts'
import { VERDICTS, type State } from './protocol/states.ts'

class GraphqlMachine implements ProtocolMachine {
  readonly #effects: Effects
  readonly #documents: Documents
  readonly #limits: GraphqlLimits
  readonly #openedAt: number
  readonly #keepalive: Keepalive
  #state: State = 'opened'
  #address: Address | undefined
  #operations: Operations | undefined

  constructor({ effects, now }: MachineContext, documents: Documents, limits: GraphqlLimits) {
    this.#effects = effects
    this.#documents = documents
    this.#limits = limits
    this.#openedAt = now
    this.#keepalive = new Keepalive(limits, now)
  }

  receive(frame: string | Uint8Array, now: number): void {
    this.#guard(() => {
      if (this.#state === 'closed') return
      this.#keepalive.heard(now)
      const message = parseMessage(frame, this.#limits)
      if (message.type === 'invalid') this.#close(CLOSES.invalidMessage, message.what)
      else this.#judge(message, now)
    })
  }

  authenticated(outcome: Authentication): void {
    if (this.#state !== 'authenticating' || !this.#address) return
    if (outcome.outcome === 'refused') this.#close(CLOSES.forbidden)
    else if (outcome.outcome === 'unavailable') this.#close(CLOSES.unavailable)
    else {
      const me = { address: this.#address, device: outcome.device }
      this.#operations = new Operations(this.#effects, this.#documents, this.#limits, me)
      this.#state = 'acknowledged'
      this.#effects.send(CONNECTION_ACK)
    }
  }

  answered(reference: number, answer: Answer): void {
    this.#guard(() => this.#operations?.answered(reference, answer))
  }

  deliver(letter: StoredLetter): void {
    this.#guard(() => this.#operations?.deliver(letter))
  }

  deadline(): number {
    if (this.#state === 'opened') return this.#openedAt + this.#limits.initTimeoutMs
    return this.#state === 'acknowledged' ? this.#keepalive.deadline : Infinity
  }

  expire(now: number): void {
    if (now < this.deadline()) return
    // "If the client does not request a connection within the allowed timeout, the server will
    // close the socket with the event: 4408".
    if (this.#state === 'opened') this.#close(CLOSES.initTimeout)
    // While many submissions wait the socket is not read, so that its silence says nothing.
    else if (this.#operations?.waiting) this.#keepalive.heard(now)
    else if (this.#keepalive.expire() === 'ping') this.#effects.send(PING)
    else this.#close(CLOSES.silent)
  }

  // No `complete` for the operations: clients would take it for the end and not subscribe again.
  goodbye(reason: GoodbyeReason): void {
    if (this.#state !== 'closed') this.#close(GOODBYES[reason])
  }

  #judge(message: ClientMessage, now: number): void {
    const verdict = VERDICTS[this.#state][message.type]
    if (verdict === 'take') this.#take(message, now)
    else if (verdict !== 'ignore') this.#close(CLOSES[verdict])
  }

  #take(message: ClientMessage, now: number): void {
    switch (message.type) {
      case 'connection_init':
        this.#authenticate(message)
        break
      case 'ping':
        this.#effects.send(encodePong(message.echo))
        break
      case 'pong':
        break
      case 'subscribe':
        // "If there is already an active subscriber for an operation matching the provided ID,
        // regardless of the operation type, the server must close the socket immediately".
        if (this.#operations?.has(message.id)) this.#close(CLOSES.subscriberExists, message.id)
        else this.#operations?.begin(message, now)
        break
      case 'complete':
        this.#operations?.complete(message.id)
        break
    }
  }

  #authenticate(message: ConnectionInit): void {
    const credentials = credentialsOf(message)
    if (!credentials) {
      this.#close(CLOSES.forbidden)
      return
    }
    this.#state = 'authenticating'
    this.#address = credentials.address
    this.#effects.authenticate(credentials.address, credentials.token)
  }

  #close({ code, reason }: Close, filling?: string): void {
    this.#state = 'closed'
    this.#operations = undefined
    this.#effects.close(code, closeReason(reason, filling))
  }

  /** A fault of ours ends this socket alone. */
  #guard(action: () => void): void {
    try {
      action()
    } catch {
      if (this.#state !== 'closed') this.#close(CLOSES.internal)
    }
  }
}

/** The protocol. Its sockets share one cache of prepared documents. */
export const createGraphqlProtocol = (
  limits: GraphqlLimits = DEFAULT_GRAPHQL_LIMITS,
): ProtocolFactory => {
  const documents = new Documents(createSchema(), limits.query)
  return {
    subprotocol: 'graphql-transport-ws',
    path: '/graphql',
    mergeFrames: false,
    maxFrameBytes: limits.maxFrameBytes,
    createMachine: (context) => new GraphqlMachine(context, documents, limits),
  }
}

export const graphqlProtocol: ProtocolFactory = createGraphqlProtocol()
