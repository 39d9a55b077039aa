/**
 * One stream: its state, what it has sent and counted, and how it ends. What the frames mean is in
 * the files beside this one.
 */
import type { Effects, GoodbyeReason, MachineContext } from '@isthmus/gateway-core/protocol'
import { sha256 } from '@noble/hashes/sha2.js'
import {
  CLOSED_BY_CLIENT,
  GOODBYES,
  STREAM_ERRORS,
  type StreamCondition,
  type StreamEnd,
} from '../answers.ts'
import { xml } from './element.ts'
import type { Host } from './host.ts'
import { Inbound } from './ledger.ts'
import { MAX_UNACKNOWLEDGED, OTHER_FRAMES } from './limits.ts'
import { NS } from './namespaces.ts'
import type { Exchange } from './sasl.ts'
import { Resumable, type Identity, type Management } from './session.ts'
import type { State } from './states.ts'
import { streamError } from './stream-error.ts'
import { encodeUtf8 } from './utf8.ts'

const CLOSE = xml('close', { xmlns: NS.framing })

export class Stream {
  readonly host: Host
  readonly effects: Effects
  state: State = 'unopened'
  /** SASL exchanges begun. */
  authentications = 0
  exchange: Exchange | undefined
  identity: Identity | undefined
  management: Management | undefined
  readonly inbound = new Inbound()
  /** Whether the client has sent initial presence. */
  available = false
  /** The client is due an `<a/>`. */
  answerDue = false
  /** Something was sent for which an `<r/>` is due. */
  requestDue = false
  /** An `<r/>` was sent that the client has not answered. */
  requested = false
  readonly #nonce: string
  #derived = 0
  #allowance: number = OTHER_FRAMES.burst
  #allowanceAt: number

  constructor(host: Host, { effects, nonce, now }: MachineContext) {
    this.host = host
    this.effects = effects
    this.#nonce = nonce
    this.#allowanceAt = now
  }

  /** Whether a frame that is neither a submission nor an acknowledgement is within the rate. */
  allow(characters: number, now: number): boolean {
    const { perSecond, burst, charactersEach } = OTHER_FRAMES
    const elapsed = Math.max(0, now - this.#allowanceAt)
    this.#allowanceAt = now
    this.#allowance = Math.min(burst, this.#allowance + (elapsed * perSecond) / 1000)
    this.#allowance -= 1 + Math.floor(characters / charactersEach)
    return this.#allowance >= 0
  }

  /** 22 characters of base64url, another at each call, that do not tell one another. */
  uniqueId(): string {
    this.#derived += 1
    const digest = sha256(encodeUtf8(`${this.#nonce} ${this.#derived}`))
    return Buffer.from(digest.buffer, digest.byteOffset, 16).toString('base64url')
  }

  send(frame: string): void {
    this.effects.send(frame)
  }

  /** Sends a stanza that is not a letter, and counts it. */
  sendStanza(stanza: string): void {
    this.effects.send(stanza)
    if (!this.management) return
    const { outbound } = this.management
    outbound.sentStanza(stanza)
    this.requestDue = true
    const { stanzas, characters } = MAX_UNACKNOWLEDGED
    const tooMany = outbound.unacknowledged > this.host.limits.window + stanzas
    if (tooMany || outbound.characters > characters) {
      this.fail('resource-constraint', 'Too many stanzas are not acknowledged.')
    }
  }

  /** What is due once for all of this turn. */
  settle(): void {
    if (this.state !== 'bound' || !this.management) return
    if (this.answerDue) {
      this.answerDue = false
      this.send(`<a xmlns='${NS.management}' h='${this.inbound.handled}'/>`)
    }
    // One request at a time: the client's answer says what is still open, and asks the next one.
    if (this.requestDue && !this.requested) {
      this.requestDue = false
      this.requested = true
      this.send(`<r xmlns='${NS.management}'/>`)
    }
  }

  open(): void {
    const id = this.uniqueId()
    const { domain: from } = this.host
    const head = { xmlns: NS.framing, from, id, version: '1.0', 'xml:lang': 'en' }
    this.send(xml('open', head))
  }

  /** A stream error. The session can't be resumed: it ended by the client's fault, or ours. */
  fail(condition: StreamCondition, text: string, specific = ''): void {
    this.#end(condition, text, STREAM_ERRORS[condition], specific)
  }

  goodbye(reason: GoodbyeReason): void {
    const { condition, text, resumable, ...end } = GOODBYES[reason]
    if (resumable) this.retain()
    this.#end(condition, text, end)
  }

  /** The client said goodbye, by `<close/>` or by a stream error of its own. */
  closedByClient(): void {
    if (this.state === 'closed') return
    this.settle()
    this.state = 'closed'
    this.send(CLOSE)
    this.effects.close(CLOSED_BY_CLIENT.code, 'closed')
  }

  /** Keeps what a resumed session goes on with. */
  retain(): void {
    if (this.state !== 'bound' || !this.management?.id) return
    const { id, outbound } = this.management
    this.effects.retain(id, new Resumable(this.inbound.handled, outbound, this.available))
  }

  /**
   * "The server MUST send the initial open element response, followed by the stream-level error in
   * a second WebSocket message frame" if there was no `<open/>` yet (RFC 7395, section 3.5).
   */
  #end(condition: StreamCondition, text: string, { code }: StreamEnd, specific = ''): void {
    if (this.state === 'closed') return
    this.settle()
    if (this.state === 'unopened') this.open()
    this.state = 'closed'
    this.send(streamError(condition, text, specific))
    this.send(CLOSE)
    this.effects.close(code, condition)
  }
}
