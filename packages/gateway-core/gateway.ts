/** What all sessions of a gateway share. */
import type { Bus, Subscription } from '@isthmus/bus/port'
import { SUBJECTS } from '@isthmus/bus/subjects'
import type { MailboxReader } from '@isthmus/mailbox/port'
import { directoryChanged, sessionClaimed } from '@isthmus/proto/codec'
import { BoundedMap } from '@isthmus/runtime/bounded-map'
import type { Clock } from '@isthmus/runtime/clock'
import type { DeviceId, IdKeys, SessionId } from '@isthmus/runtime/ids'
import type { Logger } from '@isthmus/runtime/logger'
import { Accounts } from './accounts.ts'
import { DEFAULT_LANE_OPTIONS, Lane } from './lane.ts'
import type { GatewayMetrics } from './metrics.ts'
import type { GoodbyeReason } from './protocol.ts'
import { Retained } from './retained.ts'

export interface GatewayDeps {
  readonly bus: Bus
  readonly mailboxes: MailboxReader
  readonly ids: IdKeys
  /** The realm's domain. */
  readonly realm: string
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: GatewayMetrics
}

export interface GatewayLimits {
  /** Open sockets; the next one gets HTTP 503. */
  readonly maxSockets: number
  /** Milliseconds until a socket must have authenticated. */
  readonly authenticationMs: number
  /** Submissions a second of one socket, and how many at once. */
  readonly submissionRate: number
  readonly submissionBurst: number
  /** Milliseconds for which a session that can be resumed is held, and how many. */
  readonly holdMs: number
  readonly maxHeld: number
  /** Milliseconds for which a reader may leave letters unacknowledged, or the socket full. */
  readonly slowReaderMs: number
  /** Lanes to the routers. */
  readonly lanes: number
}

export const DEFAULT_GATEWAY_LIMITS: GatewayLimits = {
  maxSockets: 50_000,
  authenticationMs: 10_000,
  submissionRate: 1000,
  submissionBurst: 2000,
  holdMs: 300_000,
  maxHeld: 50_000,
  slowReaderMs: 60_000,
  lanes: 2,
}

/** A session, as what all sessions share needs to know it. */
export interface Member {
  readonly id: SessionId
  readonly goodbye: (reason: GoodbyeReason) => void
  readonly flush: () => void
}

/** Revoked devices that are remembered, for a login that was under way when the word came. */
const REVOKED = 10_000

export class Gateway {
  readonly deps: GatewayDeps
  readonly limits: GatewayLimits
  readonly accounts: Accounts
  readonly retained: Retained
  readonly #lanes: readonly Lane[]
  readonly #byDevice = new Map<DeviceId, Member>()
  readonly #revoked = new BoundedMap<DeviceId, true>(REVOKED)
  readonly #subscriptions: readonly Subscription[]
  #nextLane = 0
  #now = 0
  #dirty: Member[] = []

  constructor(deps: GatewayDeps, limits: GatewayLimits) {
    this.deps = deps
    this.limits = limits
    this.accounts = new Accounts(deps.ids)
    this.retained = new Retained(limits.holdMs, limits.maxHeld)
    this.#lanes = Array.from(
      { length: limits.lanes },
      () => new Lane(deps.bus, deps.log, DEFAULT_LANE_OPTIONS),
    )
    this.#subscriptions = [
      deps.bus.subscribe(SUBJECTS.sessionClaimed, (data) => this.#onClaim(data)),
      deps.bus.subscribe(SUBJECTS.directoryChanged, (data) => this.#onDirectoryChanged(data)),
    ]
  }

  /** The time, read once in a turn of the event loop. */
  now(): number {
    if (this.#now === 0) {
      this.#now = this.deps.clock.now()
      setImmediate(() => {
        this.#now = 0
      })
    }
    return this.#now
  }

  /** The lane of a new session. */
  pickLane(): Lane {
    this.#nextLane = (this.#nextLane + 1) % this.#lanes.length
    return this.#lanes[this.#nextLane] as Lane
  }

  /** Makes a session the only one of its device, here and on every other gateway. */
  claim(device: DeviceId, session: Member): void {
    if (this.#revoked.get(device)) {
      session.goodbye('revoked')
      return
    }
    this.#byDevice.get(device)?.goodbye('replaced')
    this.#byDevice.set(device, session)
    const claim = sessionClaimed.encode({ deviceId: device, sessionId: session.id })
    this.deps.bus.publish(SUBJECTS.sessionClaimed, claim)
  }

  release(device: DeviceId, session: Member): void {
    if (this.#byDevice.get(device) === session) this.#byDevice.delete(device)
  }

  /** Sees to it that the session's frames are written at the end of this turn of the event loop. */
  flushSoon(session: Member): void {
    if (this.#dirty.length === 0) setImmediate(() => this.#flush())
    this.#dirty.push(session)
  }

  /** Every submission under way gets its answer before this resolves. */
  async drainLanes(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.drained()))
    this.#flush()
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
  }

  #flush(): void {
    const dirty = this.#dirty
    this.#dirty = []
    for (const session of dirty) session.flush()
  }

  #onClaim(data: Uint8Array): void {
    const { deviceId, sessionId } = sessionClaimed.decode(data)
    const held = this.#byDevice.get(deviceId as DeviceId)
    if (held && held.id !== (sessionId as SessionId)) held.goodbye('replaced')
  }

  #onDirectoryChanged(data: Uint8Array): void {
    for (const revoked of directoryChanged.decode(data).revokedDeviceIds) {
      const device = revoked as DeviceId
      this.#revoked.set(device, true)
      this.#byDevice.get(device)?.goodbye('revoked')
    }
  }
}
