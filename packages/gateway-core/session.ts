/**
 * One socket's session: carries out what its protocol machine asks for, and tells the machine what
 * came of it. Everything that waits for I/O on behalf of a socket is here.
 */
import type { StoredLetter } from '@isthmus/mailbox/port'
import { ErrorCode, type Answer, type ScramReply, type SealedEnvelope } from '@isthmus/proto/codec'
import type { Address } from '@isthmus/runtime/address'
import type { AccountId, DeviceId, SessionId } from '@isthmus/runtime/ids'
import { LIMITS } from '@isthmus/runtime/limits'
import { answerOf } from './answer.ts'
import { authenticate, lookUpScram } from './directory-client.ts'
import { Feed, type FeedHost } from './feed.ts'
import type { Gateway } from './gateway.ts'
import type { Lane } from './lane.ts'
import type {
  Authentication,
  Effects,
  GoodbyeReason,
  ProtocolFactory,
  ProtocolMachine,
} from './protocol.ts'
import { Submitter, type Identity } from './submitter.ts'

/** The socket, as a session needs it. */
export interface Connection {
  readonly write: (frames: readonly (string | Uint8Array)[]) => void
  /** Writes what waits, then closes. */
  readonly close: (code: number, reason: string) => void
  /** Stops or resumes reading. */
  readonly setReading: (reading: boolean) => void
  /** Bytes written and not yet taken by the network. */
  readonly buffered: () => number
}

/** A socket with more than this waiting to be written gets no further letters and is not read. */
const MAX_BUFFERED = 524_288

export class Session implements Effects, FeedHost {
  readonly id: SessionId
  readonly #gateway: Gateway
  readonly #connection: Connection
  readonly #machine: ProtocolMachine
  readonly #lane: Lane
  readonly #opened: number
  #identity: Identity | undefined
  #submitter: Submitter | undefined
  #feed: Feed | undefined
  #frames: (string | Uint8Array)[] = []
  #dirty = false
  #pending = 0
  #paused = false
  #leaving = false
  #state: 'open' | 'closing' | 'closed' = 'open'
  /** When the reader last kept up: had nothing unacknowledged, or acknowledged something. */
  #keptUpAt: number

  constructor(gateway: Gateway, factory: ProtocolFactory, connection: Connection, id: SessionId) {
    const now = gateway.now()
    this.id = id
    this.#gateway = gateway
    this.#connection = connection
    this.#lane = gateway.pickLane()
    this.#opened = now
    this.#keptUpAt = now
    const { realm } = gateway.deps
    this.#machine = factory.createMachine({ effects: this, now, nonce: id, realm })
  }

  // What the socket and the gateway tell.

  receive(frame: string | Uint8Array): void {
    if (this.#state !== 'open') return
    try {
      this.#machine.receive(frame, this.#gateway.now())
    } catch (error) {
      this.#machineThrew(error)
    }
    this.#touch()
  }

  /** Told about once a second. */
  tick(now: number): void {
    if (this.#state !== 'open') return
    if (!this.#identity && now - this.#opened >= this.#gateway.limits.authenticationMs) {
      this.goodbye('authentication-timeout')
      return
    }
    if (this.#isSlow(now)) {
      this.goodbye('slow-reader')
      return
    }
    this.#updateReading()
    this.#feed?.retry()
    if (this.#machine.deadline() <= now) {
      this.#machine.expire(now)
      this.#touch()
    }
  }

  /** Says goodbye once every submission under way has its answer. */
  leave(): void {
    this.#leaving = true
    if (this.#pending === 0) this.goodbye('going-away')
    else this.#connection.setReading(false)
  }

  goodbye(reason: GoodbyeReason): void {
    if (this.#state !== 'open') return
    this.#gateway.deps.metrics.goodbye(reason)
    this.#machine.goodbye(reason)
    this.flush()
  }

  disconnected(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#guard(() => this.#machine.disconnected?.(this.#gateway.now()))
    this.detach()
    if (this.#identity) this.#gateway.release(this.#identity.device, this)
  }

  /** Writes what this turn has brought. */
  flush(): void {
    this.#dirty = false
    if (this.#state === 'closed') return
    this.#machine.settle?.()
    this.#dirty = false
    if (this.#frames.length === 0) return
    const frames = this.#frames
    this.#frames = []
    this.#connection.write(frames)
    this.#updateReading()
  }

  // Effects: what the machine asks for.

  send(frame: string | Uint8Array): void {
    if (this.#state !== 'open') return
    this.#frames.push(frame)
    this.#touch()
  }

  close(code: number, reason: string): void {
    if (this.#state !== 'open') return
    this.flush()
    this.#state = 'closing'
    this.detach()
    this.#connection.close(code, reason)
  }

  authenticate(address: Address, token: string): void {
    const account = this.#gateway.accounts.of(address)
    authenticate(this.#gateway.deps.bus, account, token).then(
      (outcome) => this.#authenticated(account, outcome),
      (error: unknown) => {
        this.#directoryAway(error)
        this.#authenticated(account, { outcome: 'unavailable' })
      },
    )
  }

  lookUpScram(address: Address): void {
    const found = (reply: ScramReply | undefined): void =>
      this.#tell(() => this.#machine.scramFound?.(reply))
    lookUpScram(this.#gateway.deps.bus, this.#gateway.accounts.of(address)).then(
      found,
      (error: unknown) => {
        this.#directoryAway(error)
        found(undefined)
      },
    )
  }

  identified(address: Address, device: DeviceId): void {
    this.#identify({ account: this.#gateway.accounts.of(address), device })
  }

  submit(reference: number, to: Address, envelope: SealedEnvelope): void {
    const now = this.#gateway.now()
    const settle = (answer: Answer): void => this.#answered(reference, answer, now)
    this.#pending += 1
    this.#updateReading()
    if (this.#identity) this.#submitterOf(this.#identity, now).submit(to, envelope, now, settle)
    else this.#lane.answer(answerOf(ErrorCode.UNAUTHENTICATED), settle)
  }

  attach({ window, after = 0 }: { window: number; after?: number }): void {
    this.detach()
    const { mailboxes, log } = this.#gateway.deps
    if (!this.#identity) return
    this.#feed = new Feed(mailboxes, log, this.#identity.device, this, { window, after })
  }

  detach(): void {
    this.#feed?.stop()
    this.#feed = undefined
  }

  acknowledge(upTo: number): void {
    if (this.#feed) this.#feed.acknowledge(upTo)
    // Without an open inbox the device speaks of letters that it got before.
    else if (this.#identity) {
      this.#gateway.deps.mailboxes.acknowledge(this.#identity.device, upTo)
    }
  }

  acknowledgeOne(sequence: number): void {
    this.#feed?.acknowledgeOne(sequence)
  }

  retain(key: string, value: unknown): void {
    const { retained } = this.#gateway
    if (this.#identity) retained.keep(this.#identity.device, key, value, this.#gateway.now())
  }

  recall(key: string): unknown {
    const { retained } = this.#gateway
    return this.#identity
      ? retained.take(this.#identity.device, key, this.#gateway.now())
      : undefined
  }

  // What the feed brings.

  deliver(letter: StoredLetter): void {
    this.#gateway.deps.metrics.delivered()
    try {
      this.#machine.deliver(letter)
    } catch (error) {
      this.#machineThrew(error)
    }
    this.#touch()
  }

  writable(): boolean {
    return this.#connection.buffered() <= MAX_BUFFERED
  }

  keptUp(): void {
    this.#keptUpAt = this.#gateway.now()
  }

  feedFailed(): void {
    this.goodbye('going-away')
  }

  // What came of it.

  #directoryAway(error: unknown): void {
    this.#gateway.deps.log.warn({ err: error }, 'the directory did not answer')
  }

  #submitterOf(identity: Identity, now: number): Submitter {
    const { accounts, deps, limits } = this.#gateway
    const rate = { perSecond: limits.submissionRate, burst: limits.submissionBurst }
    this.#submitter ??= new Submitter(this.#lane, accounts, deps.ids, identity, rate, now)
    return this.#submitter
  }

  #authenticated(account: AccountId, outcome: Authentication): void {
    this.#tell(() => {
      if (outcome.outcome === 'accepted') this.#identify({ account, device: outcome.device })
      // A device that was revoked meanwhile has had its goodbye.
      if (this.#state === 'open') this.#machine.authenticated(outcome)
    })
  }

  #identify(identity: Identity): void {
    this.#identity = identity
    this.#submitter = undefined
    this.#gateway.claim(identity.device, this)
  }

  #answered(reference: number, answer: Answer, began: number): void {
    this.#pending -= 1
    this.#updateReading()
    this.#gateway.deps.metrics.answered(answer.error, this.#gateway.now() - began)
    this.#tell(() => this.#machine.answered(reference, answer))
    if (this.#leaving && this.#pending === 0) this.goodbye('going-away')
  }

  #isSlow(now: number): boolean {
    const behind = (this.#feed?.unacknowledged ?? 0) > 0 || !this.writable()
    if (!behind) this.#keptUpAt = now
    return now - this.#keptUpAt >= this.#gateway.limits.slowReaderMs
  }

  /** Stops reading a socket that has too much under way or does not read itself (P7). */
  #updateReading(): void {
    const most = this.#paused ? LIMITS.maxPending / 2 : LIMITS.maxPending
    const pause = this.#pending >= most || !this.writable()
    if (pause === this.#paused) return
    this.#paused = pause
    if (this.#state === 'open' && !this.#leaving) this.#connection.setReading(!pause)
  }

  #tell(what: () => void): void {
    if (this.#state !== 'open') return
    this.#guard(what)
    this.#touch()
  }

  #guard(what: () => void): void {
    try {
      what()
    } catch (error) {
      this.#machineThrew(error)
    }
  }

  /** A machine must not throw; should it all the same, that ends its own socket and no other. */
  #machineThrew(error: unknown): void {
    this.#gateway.deps.log.error({ err: error }, 'a protocol machine threw')
    this.close(1011, 'internal error')
  }

  #touch(): void {
    if (this.#dirty || this.#state !== 'open') return
    this.#dirty = true
    this.#gateway.flushSoon(this)
  }
}
