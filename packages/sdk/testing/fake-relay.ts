/**
 * A relay and its directory in memory, behind the transport port: mailboxes with sequences and
 * cursors, device lists, answers by submission id. A test can take the network away, answer in the
 * relay's place, and change people's devices.
 */
import { parseAddress } from '@isthmus/runtime/address'
import type { Clock } from '../clock.ts'
import type { Credentials } from '../credentials.ts'
import type { Directory } from '../directory/directory.ts'
import { DirectoryError } from '../directory/error.ts'
import type { DirectorySession, PeerDevice } from '../directory/session.ts'
import { nativePrimitives } from '../seal/native.ts'
import { deviceInput } from '../seal/signed.ts'
import {
  ConnectError,
  type Answer,
  type Close,
  type Connection,
  type DeliveredLetter,
  type Login,
  type Refusal,
  type Submission,
  type Transport,
  type TransportEvents,
} from '../transports/port.ts'
import { createTestRealm, type TestDevice, type TestRealm } from './realm.ts'

interface Mailbox {
  readonly letters: DeliveredLetter[]
  last: number
  cursor: number
}

/** What a test puts in the place of the relay's answer; `silence`: none; undefined: the relay's. */
export type Script = (submission: Submission, login: Login) => Answer | 'silence' | undefined

export const refusal = (code: Refusal['code'], more: Partial<Refusal> = {}): Refusal => ({
  ...{ accepted: false, code, missing: [], extra: [], retryAfterMs: undefined },
  ...more,
})

class FakeConnection implements Connection {
  readonly login: Login
  readonly events: TransportEvents
  readonly #relay: FakeRelay
  isOpen = true

  constructor(relay: FakeRelay, login: Login, events: TransportEvents) {
    this.#relay = relay
    this.login = login
    this.events = events
  }

  submit(submission: Submission): void {
    if (this.isOpen) queueMicrotask(() => this.#relay.submitted(this, submission))
  }

  acknowledge(upTo: number): void {
    if (this.isOpen) this.#relay.acknowledged(this.login.deviceId, upTo)
  }

  close(): void {
    this.end({ cause: 'requested', detail: 'closed by this side' })
  }

  end(close: Close): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.events.closed(close)
  }
}

export class FakeRelay {
  readonly clock: Clock
  readonly realm: TestRealm
  /** Every submission that reached the relay, answered or not. */
  readonly submissions: { readonly from: string; readonly submission: Submission }[] = []
  /** How often the directory was asked for whose devices. */
  readonly lookUps: string[] = []
  script: Script = () => undefined
  /** Whether connections can be made, and if not, why. */
  down: Close | undefined
  readonly #people = new Map<string, TestDevice[]>()
  readonly #mailboxes = new Map<string, Mailbox>()
  readonly #answers = new Map<string, Answer>()
  readonly #connections = new Map<string, FakeConnection>()

  private constructor(clock: Clock, realm: TestRealm) {
    this.clock = clock
    this.realm = realm
  }

  static async start(clock: Clock): Promise<FakeRelay> {
    return new FakeRelay(clock, await createTestRealm(nativePrimitives, clock.now()))
  }

  /** A new device for an address, with what its client needs. */
  async device(address: string): Promise<Credentials> {
    const others = this.#people.get(address) ?? []
    const [first] = others
    const device = await this.realm.device(address, first ? { identity: first.identity } : {})
    this.#people.set(address, [...others, device])
    const realm = { name: 'isthmus.test', certificateKey: this.realm.certificateKey }
    return { ...device, deviceToken: `isth_${device.deviceId}`, realm }
  }

  removeDevice(deviceId: string): void {
    for (const [address, devices] of this.#people) {
      const kept = devices.filter((device) => device.deviceId !== deviceId)
      this.#people.set(address, kept)
    }
  }

  /** Puts a letter into a mailbox; it is delivered if the device is there. */
  deliver(deviceId: string, sealed: Uint8Array): void {
    const mailbox = this.mailbox(deviceId)
    const letter = { sequence: ++mailbox.last, acceptedAt: this.clock.now(), sealed }
    mailbox.letters.push(letter)
    this.#connections.get(deviceId)?.events.letter(letter)
  }

  /** Ends a device's connection from the relay's side. */
  hangUp(deviceId: string, close: Close = { cause: 'lost', detail: 'the network is gone' }): void {
    const connection = this.#connections.get(deviceId)
    this.#connections.delete(deviceId)
    connection?.end(close)
  }

  mailbox(deviceId: string): Mailbox {
    const mailbox = this.#mailboxes.get(deviceId) ?? { letters: [], last: 0, cursor: 0 }
    this.#mailboxes.set(deviceId, mailbox)
    return mailbox
  }

  get transport(): Transport {
    return {
      connect: async (login, events) => {
        if (this.down) throw new ConnectError(this.down)
        const connection = new FakeConnection(this, login, events)
        this.#connections.set(login.deviceId, connection)
        for (const letter of this.mailbox(login.deviceId).letters) events.letter(letter)
        return connection
      },
    }
  }

  get directory(): Directory {
    const session: Partial<DirectorySession> = {
      devicesOf: async (address) => {
        this.lookUps.push(address)
        const devices = this.#people.get(address)
        if (!devices) throw new DirectoryError('unknown-recipient', { status: 404 })
        return Promise.all(devices.map(toPeer))
      },
    }
    return { as: () => session } as unknown as Directory
  }

  submitted(connection: FakeConnection, submission: Submission): void {
    const { login } = connection
    this.submissions.push({ from: login.address, submission })
    const scripted = this.script(submission, login)
    if (scripted === 'silence') return
    const answer = scripted ?? this.#decide(login, submission)
    if (connection.isOpen) connection.events.answered(submission.id, answer)
  }

  acknowledged(deviceId: string, upTo: number): void {
    const mailbox = this.mailbox(deviceId)
    mailbox.cursor = Math.max(mailbox.cursor, upTo)
    while ((mailbox.letters[0]?.sequence ?? Infinity) <= upTo) mailbox.letters.shift()
  }

  #decide({ deviceId }: Login, { id, to, letters }: Submission): Answer {
    const key = `${deviceId} ${id}`
    const before = this.#answers.get(key)
    if (before) return before
    const devices = parseAddress(to) && this.#people.get(to)
    if (!devices) return refusal('unknown-recipient')
    const [known, sealedFor] = [devices, letters].map((all) => all.map((each) => each.deviceId))
    const missing = known!.filter((device) => !sealedFor!.includes(device))
    const extra = sealedFor!.filter((device) => !known!.includes(device))
    if (missing.length + extra.length > 0) return refusal('stale-devices', { missing, extra })
    this.#answers.set(key, { accepted: true })
    for (const letter of letters) this.deliver(letter.deviceId, letter.sealed)
    return { accepted: true }
  }
}

const toPeer = async (device: TestDevice): Promise<PeerDevice> => {
  const input = deviceInput(device.x25519.publicKey, device.ed25519.publicKey)
  return {
    deviceId: device.deviceId,
    x25519: device.x25519.publicKey,
    ed25519: device.ed25519.publicKey,
    identityKey: device.identity.publicKey,
    identitySignature: await nativePrimitives.sign(device.identity.secretKey, input),
  }
}

/** The submission ids in the order in which they reached the relay. */
export const idsOf = (relay: FakeRelay): string[] =>
  relay.submissions.map(({ submission }) => submission.id)
