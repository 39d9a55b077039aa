/** The XMPP gateway's protocol, as the session and the WebSocket shell need it. Pure. */
import type {
  Authentication,
  GoodbyeReason,
  MachineContext,
  ProtocolFactory,
  ProtocolMachine,
} from '@isthmus/gateway-core/protocol'
import type { StoredLetter } from '@isthmus/mailbox/port'
import type { Answer, ScramReply } from '@isthmus/proto/codec'
import { fromDelivery } from './from-delivery.ts'
import { createHost, type Host } from './protocol/host.ts'
import { DEFAULT_XMPP_LIMITS, type XmppLimits } from './protocol/limits.ts'
import { receiveAnswer } from './protocol/message.ts'
import { pingRequest } from './protocol/ping.ts'
import { receiveFrame } from './protocol/receive.ts'
import { passwordChecked, verifiersFound } from './protocol/sasl.ts'
import { Stream } from './protocol/stream.ts'

/** Milliseconds after which a client that left letters unacknowledged is asked about them again. */
const ASK_AGAIN_MS = 5000

class XmppMachine implements ProtocolMachine {
  readonly #stream: Stream
  #heardAt: number
  /** When the client was asked whether it is still there; 0 if it was heard since. */
  #probedAt = 0
  #authenticatedAt = 0

  constructor(host: Host, context: MachineContext) {
    this.#stream = new Stream(host, context)
    this.#heardAt = context.now
  }

  receive(frame: string | Uint8Array, now: number): void {
    if (this.#stream.state === 'closed') return
    this.#heardAt = now
    this.#probedAt = 0
    receiveFrame(this.#stream, frame, now)
    this.#noteAuthentication()
  }

  authenticated(outcome: Authentication): void {
    passwordChecked(this.#stream, outcome)
    this.#noteAuthentication()
  }

  scramFound(reply: ScramReply | undefined): void {
    verifiersFound(this.#stream, reply)
  }

  answered(_reference: number, answer: Answer): void {
    if (this.#stream.state === 'bound') receiveAnswer(this.#stream, answer)
  }

  deliver(letter: StoredLetter): void {
    const { state, management, identity, host, effects } = this.#stream
    if (state !== 'bound' || !management || !identity) return
    const stanza = fromDelivery(letter, host.domain, identity.jid)
    if (stanza === undefined) {
      this.#stream.fail('internal-server-error', 'A letter in the mailbox is damaged.')
      return
    }
    effects.send(stanza)
    management.outbound.sentLetter(letter.sequence)
    this.#stream.requestDue = true
  }

  settle(): void {
    this.#stream.settle()
  }

  deadline(): number {
    const { idleMs, answerMs, negotiationMs } = this.#stream.host.limits
    switch (this.#stream.state) {
      case 'authenticated':
      case 'unbound':
        return this.#authenticatedAt + negotiationMs
      case 'bound':
        if (this.#probedAt > 0) return this.#probedAt + answerMs
        return this.#heardAt + (this.#isAskingDue() ? ASK_AGAIN_MS : idleMs)
      default:
        // Before authentication the session watches the time.
        return Infinity
    }
  }

  expire(now: number): void {
    const stream = this.#stream
    if (now < this.deadline()) return
    if (stream.state !== 'bound') {
      stream.fail('connection-timeout', 'No resource was bound in time.')
    } else if (this.#probedAt > 0) {
      stream.retain()
      stream.fail('connection-timeout', 'The client was silent for too long.')
    } else if (this.#isAskingDue()) {
      stream.requestDue = true
    } else {
      this.#probe(now)
    }
  }

  goodbye(reason: GoodbyeReason): void {
    this.#stream.goodbye(reason)
  }

  disconnected(): void {
    this.#stream.retain()
    this.#stream.state = 'closed'
  }

  /** Letters are out, the client said of them that it has not handled them yet. */
  #isAskingDue(): boolean {
    const { management, requested } = this.#stream
    return management !== undefined && !requested && management.outbound.unacknowledged > 0
  }

  /** Any frame will do as an answer; these are ones that a client must answer. */
  #probe(now: number): void {
    const { management, identity, host } = this.#stream
    this.#probedAt = now
    if (management) {
      this.#stream.requested = false
      this.#stream.requestDue = true
    } else if (identity) {
      this.#stream.send(pingRequest(this.#stream.uniqueId(), host.domain, identity.jid))
    }
  }

  #noteAuthentication(): void {
    if (this.#authenticatedAt === 0 && this.#stream.identity) this.#authenticatedAt = this.#heardAt
  }
}

/** The protocol with limits other than the default ones. */
export const createXmppProtocol = (limits: XmppLimits): ProtocolFactory => {
  let host: Host | undefined
  let hostOf = ''
  return {
    subprotocol: 'xmpp',
    path: '/xmpp-websocket',
    mergeFrames: false,
    maxFrameBytes: limits.maxFrameBytes,
    createMachine: (context) => {
      // One realm in all of a gateway's life, so one host.
      if (!host || hostOf !== context.realm) host = createHost(context.realm, limits)
      hostOf = context.realm
      return new XmppMachine(host, context)
    },
  }
}

export const xmppProtocol = createXmppProtocol(DEFAULT_XMPP_LIMITS)
