/** A sink that records what a machine asks for, and a client's side in a few words. */
import type { Effects, ProtocolMachine } from '@isthmus/gateway-core/protocol'
import { answerOf } from '@isthmus/gateway-core/answer'
import { delivery, ErrorCode, type Answer, type SealedEnvelope } from '@isthmus/proto/codec'
import type { StoredLetter } from '@isthmus/mailbox/port'
import type { Address } from '@isthmus/runtime/address'
import type { DeviceId } from '@isthmus/runtime/ids'
import { createXmppProtocol } from '../machine.ts'
import { DEFAULT_XMPP_LIMITS, type XmppLimits } from '../protocol/limits.ts'

export const REALM = 'isthmus.localhost'
export const DOMAIN = `whatsapp.${REALM}`
export const HANDLE = '14155550123'
export const DEVICE = 'hbCzFLyzv3pTLsQlgDLhUQ' as DeviceId
export const BARE_JID = `${HANDLE}@${DOMAIN}`
export const JID = `${BARE_JID}/${DEVICE}`
export const TOKEN = 'isth_pW7Wc0dC5c1k9l2b0XbqfPq3n8yQ4xg5d1k2Zr7uJtE'
export const TO = `ada@instagram.${REALM}`
export const TO_DEVICE = 'EVxqdLNJd8JkVPqo1TVXCw'

export interface Submitted {
  readonly reference: number
  readonly to: Address
  readonly envelope: SealedEnvelope
}

/** What was kept of sessions: shared by the machines of a test, as a gateway shares it. */
export type Store = Map<string, unknown>

export class Recorder implements Effects {
  readonly frames: string[] = []
  readonly submitted: Submitted[] = []
  readonly attached: { readonly window: number; readonly after?: number }[] = []
  readonly acknowledged: number[] = []
  readonly asked: { readonly address: Address; readonly token?: string }[] = []
  readonly known: { readonly address: Address; readonly device: DeviceId }[] = []
  readonly closes: { readonly code: number; readonly reason: string }[] = []
  detached = 0
  readonly #store: Store
  readonly #device: string

  constructor(store: Store = new Map(), device: string = DEVICE) {
    this.#store = store
    this.#device = device
  }

  send(frame: string | Uint8Array): void {
    if (typeof frame !== 'string') throw new Error('a binary frame')
    if (this.closes.length > 0) throw new Error('a frame after the close')
    this.frames.push(frame)
  }

  close(code: number, reason: string): void {
    this.closes.push({ code, reason })
  }

  authenticate(address: Address, token: string): void {
    this.asked.push({ address, token })
  }

  lookUpScram(address: Address): void {
    this.asked.push({ address })
  }

  identified(address: Address, device: DeviceId): void {
    this.known.push({ address, device })
  }

  submit(reference: number, to: Address, envelope: SealedEnvelope): void {
    this.submitted.push({ reference, to, envelope })
  }

  attach(options: { readonly window: number; readonly after?: number }): void {
    this.attached.push(options)
  }

  detach(): void {
    this.detached += 1
  }

  acknowledge(upTo: number): void {
    this.acknowledged.push(upTo)
  }

  acknowledgeOne(): void {
    throw new Error('XMPP acknowledges cumulatively')
  }

  retain(key: string, value: unknown): void {
    this.#store.set(`${this.#device} ${key}`, value)
  }

  recall(key: string): unknown {
    const held = this.#store.get(`${this.#device} ${key}`)
    this.#store.delete(`${this.#device} ${key}`)
    return held
  }
}

export interface Peer {
  readonly machine: ProtocolMachine
  readonly effects: Recorder
  /** Sends frames, ends the turn, and gives what came back in it. */
  readonly says: (...frames: (string | Uint8Array)[]) => string[]
  /** Ends the turn after something else happened. */
  readonly hears: () => string[]
  /** The relay's word on the oldest submission. */
  readonly answers: (...answers: Answer[]) => string[]
  readonly advance: (ms: number) => string[]
}

export interface PeerOptions {
  readonly limits?: Partial<XmppLimits>
  readonly store?: Store
  readonly device?: string
  readonly nonce?: string
}

export const START = 1_795_411_827_432

/** A machine and its client's side, before the first frame. */
export const createPeer = (options: PeerOptions = {}): Peer => {
  const { limits = {}, store, device, nonce = 'tzGxRq0Fv7kTQ2nBwP5dAg' } = options
  const effects = new Recorder(store, device)
  const factory = createXmppProtocol({ ...DEFAULT_XMPP_LIMITS, ...limits })
  let now = START
  const machine = factory.createMachine({ effects, now, nonce, realm: REALM })
  const hears = (): string[] => {
    if (effects.closes.length === 0) machine.settle?.()
    return effects.frames.splice(0)
  }
  return {
    machine,
    effects,
    hears,
    says: (...frames) => {
      for (const frame of frames) machine.receive(frame, now)
      return hears()
    },
    answers: (...answers) => {
      for (const answer of answers) machine.answered(0, answer)
      return hears()
    },
    advance: (ms) => {
      now += ms
      if (machine.deadline() <= now) machine.expire(now)
      return hears()
    },
  }
}

export const base64 = (text: string): string => Buffer.from(text).toString('base64')

export const OPEN = `<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='${DOMAIN}' version='1.0'/>`
export const CLOSE = `<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>`
export const plain = (token = TOKEN, handle = HANDLE, authzid = ''): string =>
  `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>` +
  `${base64(`${authzid}\0${handle}\0${token}`)}</auth>`
export const BIND = `<iq xmlns='jabber:client' type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`
export const ENABLE = `<enable xmlns='urn:xmpp:sm:3' resume='true'/>`
export const PRESENCE = `<presence xmlns='jabber:client'/>`
export const REQUEST = `<r xmlns='urn:xmpp:sm:3'/>`
export const acknowledge = (h: number | string): string => `<a xmlns='urn:xmpp:sm:3' h='${h}'/>`
export const PING = `<iq xmlns='jabber:client' type='get' id='p1'><ping xmlns='urn:xmpp:ping'/></iq>`

export const SEALED = Buffer.alloc(64, 7)

export const message = (id: string, to = TO, extra = ''): string =>
  `<message xmlns='jabber:client' to='${to}' id='${id}' type='chat'>` +
  `<sealed xmlns='urn:isthmus:sealed:1'><letter device='${TO_DEVICE}'>` +
  `${SEALED.toString('base64')}</letter></sealed>${extra}</message>`

export const storedLetter = (sequence: number): StoredLetter => ({
  sequence,
  previous: sequence - 1,
  bytes: delivery.encode({ sealed: SEALED, acceptedAt: START }),
})

export const ACCEPTED = answerOf(ErrorCode.UNSPECIFIED)

/** The steps of a log-in, in order. */
export type Step = 'opened' | 'authenticated' | 'unbound' | 'bound' | 'managed' | 'attached'

/** A peer that has got as far as `step`. */
export const peerAt = (step: Step, options: PeerOptions = {}): Peer => {
  const peer = createPeer(options)
  const device = (options.device ?? DEVICE) as DeviceId
  const steps: [Step, () => void][] = [
    ['opened', () => peer.says(OPEN)],
    [
      'authenticated',
      () => {
        peer.says(plain())
        peer.machine.authenticated({ outcome: 'accepted', device })
      },
    ],
    ['unbound', () => peer.says(OPEN)],
    ['bound', () => peer.says(BIND)],
    ['managed', () => [...peer.says(ENABLE), ...peer.says(acknowledge(0))]],
    ['attached', () => peer.says(PRESENCE)],
  ]
  for (const [name, run] of steps) {
    run()
    if (name === step) break
  }
  peer.hears()
  return peer
}
