/**
 * One socket's session: carries out what its protocol machine asks for, and tells the machine what
 * came of it. Everything that waits for I/O on behalf of a socket is here.
 */
import type { Following, StoredLetter } from '@isthmus/mailbox/port'
import { ErrorCode, type Answer, type SealedEnvelope } from '@isthmus/proto/codec'
import type { Address } from '@isthmus/runtime/address'
import type { AccountId, DeviceId, SessionId } from '@isthmus/runtime/ids'
import { LIMITS } from '@isthmus/runtime/limits'
import type { Pair } from './accounts.ts'
import { answerOf } from './answer.ts'
import { authenticate, lookUpScram } from './directory-client.ts'
import type { Gateway } from './gateway.ts'
import { Inbox } from './inbox.ts'
import type { Lane } from './lane.ts'
import type {
  Authentication,
  Effects,
  GoodbyeReason,
  ProtocolFactory,
  ProtocolMachine,
} from './protocol.ts'
import { TokenBucket } from './token-bucket.ts'
import { clampTtl, validateEnvelope } from './validate-envelope.ts'

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

interface Identity {
  readonly account: AccountId
  readonly device: DeviceId
}

export class Session implements Effects {
  readonly id: SessionId
  readonly #gateway: Gateway
  readonly #connection: Connection
  readonly #machine: ProtocolMachine
  readonly #lane: Lane
  readonly #opened: number
  #bucket: TokenBucket | undefined
  #identity: Identity | undefined
  #lastPair: { readonly to: Address; readonly pair: Pair } | undefined
  #inbox: Inbox | undefined
  #following: Following | undefined
  #frames: (string | Uint8Array)[] = []
  #dirty = false
  #pending = 0
  #paused = false
  #leaving = false
  #state: 'open' | 'closing' | 'closed' = 'open'
  /** When the reader last kept up: had nothing unacknowledged, or acknowledged something. */
  #keptUpAt: number

  constructor(gateway: Gateway, factory: ProtocolFactory, connection: Connection, id: SessionId) {
    const now = gateway.deps.clock.now()
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
    this.#guard(() => this.#machine.receive(frame, this.#gateway.deps.clock.now()))
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
    this.#inbox?.retry()
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
    this.#guard(() => this.#machine.disconnected?.(this.#gateway.deps.clock.now()))
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
        this.#gateway.deps.log.warn({ err: error }, 'the directory did not answer')
        this.#authenticated(account, { outcome: 'unavailable' })
      },
    )
  }

  lookUpScram(address: Address): void {
    lookUpScram(this.#gateway.deps.bus, this.#gateway.accounts.of(address)).then(
      (reply) => this.#tell(() => this.#machine.scramFound?.(reply)),
      (error: unknown) => {
        this.#gateway.deps.log.warn({ err: error }, 'the directory did not answer')
        this.#tell(() => this.#machine.scramFound?.(undefined))
      },
    )
  }

  identified(address: Address, device: DeviceId): void {
    this.#identify({ account: this.#gateway.accounts.of(address), device })
  }

  submit(reference: number, to: Address, envelope: SealedEnvelope): void {
    const { deps, limits } = this.#gateway
    const began = deps.clock.now()
    const settle = (answer: Answer): void => this.#answered(reference, answer, began)
    this.#pending += 1
    this.#updateReading()
    if (!this.#identity) {
      this.#lane.answer(answerOf(ErrorCode.UNAUTHENTICATED), settle)
      return
    }
    const wrong = validateEnvelope(envelope)
    if (wrong !== ErrorCode.UNSPECIFIED) {
      this.#lane.answer(answerOf(wrong), settle)
      return
    }
    this.#bucket ??= new TokenBucket(limits.submissionRate, limits.submissionBurst, began)
    const waitMs = this.#bucket.take(began)
    if (waitMs > 0) {
      this.#lane.answer(answerOf(ErrorCode.RATE_LIMITED, waitMs), settle)
      return
    }
    const { recipient, pairTag } = this.#pairWith(this.#identity.account, to)
    const submission = {
      key: deps.ids.submissionKey(this.#identity.device, envelope.id),
      recipient,
      pairTag,
      letters: envelope.letters,
      ttlSeconds: clampTtl(envelope.ttlSeconds),
    }
    this.#lane.submit(submission, settle)
  }

  attach({ window, after = 0 }: { window: number; after?: number }): void {
    this.detach()
    const { mailboxes, log } = this.#gateway.deps
    const device = this.#identity?.device
    if (!device) return
    // Follow first and read afterwards, so that no letter falls between the two.
    const following = mailboxes.follow(device, (letter) => {
      if (this.#following !== following) return
      this.#inbox?.told(letter)
    })
    this.#following = following
    const current = (): boolean => this.#following === following && this.#state === 'open'
    mailboxes.cursor(device).then(
      (cursor) => {
        if (current()) this.#inbox = this.#openInbox(device, window, Math.max(cursor, after))
      },
      (error: unknown) => {
        log.warn({ err: error }, 'a mailbox could not be opened')
        if (current()) this.goodbye('going-away')
      },
    )
  }

  detach(): void {
    this.#following?.stop()
    this.#following = undefined
    this.#inbox = undefined
  }

  acknowledge(upTo: number): void {
    if (this.#inbox) this.#inbox.acknowledgeUpTo(upTo)
    // Without an open inbox the device speaks of letters that it got before.
    else if (this.#identity) {
      this.#gateway.deps.mailboxes.acknowledge(this.#identity.device, upTo)
    }
  }

  acknowledgeOne(sequence: number): void {
    this.#inbox?.acknowledgeOne(sequence)
  }

  retain(key: string, value: unknown): void {
    const { retained, deps } = this.#gateway
    if (this.#identity) retained.keep(this.#identity.device, key, value, deps.clock.now())
  }

  recall(key: string): unknown {
    const { retained, deps } = this.#gateway
    return this.#identity ? retained.take(this.#identity.device, key, deps.clock.now()) : undefined
  }

  // What came of it.

  #authenticated(account: AccountId, outcome: Authentication): void {
    this.#tell(() => {
      if (outcome.outcome === 'accepted') this.#identify({ account, device: outcome.device })
      this.#machine.authenticated(outcome)
    })
  }

  #identify(identity: Identity): void {
    this.#identity = identity
    this.#keptUpAt = this.#gateway.deps.clock.now()
    this.#gateway.claim(identity.device, this)
  }

  #answered(reference: number, answer: Answer, began: number): void {
    this.#pending -= 1
    this.#updateReading()
    this.#gateway.deps.metrics.answered(answer.error, this.#gateway.deps.clock.now() - began)
    this.#tell(() => this.#machine.answered(reference, answer))
    if (this.#leaving && this.#pending === 0) this.goodbye('going-away')
  }

  #openInbox(device: DeviceId, window: number, after: number): Inbox {
    const { mailboxes, metrics, log, clock } = this.#gateway.deps
    const inbox = new Inbox(
      {
        deliver: (letter: StoredLetter) => {
          if (inbox.unacknowledged === 1) this.#keptUpAt = clock.now()
          metrics.delivered()
          this.#machine.deliver(letter)
          this.#touch()
        },
        readPage: (from, limit) => {
          mailboxes.read(device, from, limit).then(
            (page) => {
              if (this.#inbox === inbox) inbox.page(page)
            },
            (error: unknown) => {
              log.warn({ err: error }, 'a mailbox could not be read')
              inbox.readFailed()
            },
          )
        },
        writable: () => !this.#isFull(),
        moveCursor: (upTo) => {
          this.#keptUpAt = clock.now()
          metrics.acknowledged()
          mailboxes.acknowledge(device, upTo)
        },
      },
      window,
      after,
    )
    return inbox
  }

  /** The one written to last is the likeliest to be written to next. */
  #pairWith(sender: AccountId, to: Address): Pair {
    const last = this.#lastPair
    if (last?.to.handle === to.handle && last.to.network === to.network) return last.pair
    const pair = this.#gateway.accounts.pair(sender, to)
    this.#lastPair = { to, pair }
    return pair
  }

  #isFull(): boolean {
    return this.#connection.buffered() > MAX_BUFFERED
  }

  #isSlow(now: number): boolean {
    if (!this.#inbox && !this.#isFull()) this.#keptUpAt = now
    const behind = (this.#inbox?.unacknowledged ?? 0) > 0 || this.#isFull()
    return behind && now - this.#keptUpAt >= this.#gateway.limits.slowReaderMs
  }

  /** Stops reading a socket that has too much under way or does not read itself (P7). */
  #updateReading(): void {
    const most = this.#paused ? LIMITS.maxPending / 2 : LIMITS.maxPending
    const pause = this.#pending >= most || this.#isFull()
    if (pause === this.#paused) return
    this.#paused = pause
    if (this.#state === 'open' && !this.#leaving) this.#connection.setReading(!pause)
  }

  #tell(what: () => void): void {
    if (this.#state !== 'open') return
    this.#guard(what)
    this.#touch()
  }

  /** A machine must not throw; should it all the same, that ends its own socket and no other. */
  #guard(what: () => void): void {
    try {
      what()
    } catch (error) {
      this.#gateway.deps.log.error({ err: error }, 'a protocol machine threw')
      this.close(1011, 'internal error')
    }
  }

  #touch(): void {
    if (this.#dirty || this.#state !== 'open') return
    this.#dirty = true
    this.#gateway.flushSoon(this)
  }
}
