/**
 * The port between a network's protocol and everything else in its gateway.
 *
 * A protocol machine is pure: frames, answers, letters and the time come in by its methods,
 * effects go out through the sink that it was made with. It holds no socket, timer, environment or
 * randomness, so that any story, however unlucky, can be told to it in a test. session.ts carries
 * the effects out; a machine method may be called from inside no effect.
 */
import type { Answer, ScramReply, SealedEnvelope } from '@isthmus/proto/codec'
import type { StoredLetter } from '@isthmus/mailbox/port'
import type { Address } from '@isthmus/runtime/address'
import type { DeviceId } from '@isthmus/runtime/ids'

export interface ProtocolMachine {
  /**
   * One WebSocket message: text as string, binary as bytes. Never throws: bad input ends in the
   * protocol's own error or close.
   */
  readonly receive: (frame: string | Uint8Array, now: number) => void
  /** The outcome of `effects.authenticate`. */
  readonly authenticated: (outcome: Authentication) => void
  /** The outcome of `effects.lookUpScram`; undefined when the directory is away. */
  readonly scramFound?: (reply: ScramReply | undefined) => void
  /** The relay's word on a submission. Comes in the order of the submissions. */
  readonly answered: (reference: number, answer: Answer) => void
  /** A letter within the window that `effects.attach` opened, in order. */
  readonly deliver: (letter: StoredLetter) => void
  /**
   * The events of this turn are all told and the frames are about to be written: the place to say
   * once what sums many of them up.
   */
  readonly settle?: () => void
  /** `deadline` has passed. */
  readonly expire: (now: number) => void
  /**
   * Milliseconds since the epoch at which the machine wants to be told of the time, or Infinity.
   * Read about once a second, so it may move freely.
   */
  readonly deadline: () => number
  /** The relay ends the session: say the protocol's goodbye and ask for the close. */
  readonly goodbye: (reason: GoodbyeReason) => void
  /**
   * The socket is gone, by whatever end: the last word, at which a session that can be resumed is
   * retained. No effect but `retain` is carried out any more.
   */
  readonly disconnected?: (now?: number) => void
}

export type Authentication =
  | { readonly outcome: 'accepted'; readonly device: DeviceId }
  | { readonly outcome: 'refused' }
  /** The directory is away: the client should try again later. */
  | { readonly outcome: 'unavailable' }

/**
 * Why the relay ends a session. Each gateway's answers.ts maps them to its protocol's goodbye and a
 * WebSocket close code.
 */
export type GoodbyeReason =
  /** The gateway restarts or stops: connect again, after a random wait. */
  | 'going-away'
  /** The device connected again, here or elsewhere: this socket gives way, do not reconnect. */
  | 'replaced'
  /** The device's token was revoked: do not reconnect. */
  | 'revoked'
  /** Nobody authenticated in time. */
  | 'authentication-timeout'
  /** The reader did not keep up: connect again and catch up from the mailbox. */
  | 'slow-reader'
  /** A frame over the limit. */
  | 'too-large'
  /** Far over the rate: wait before connecting again. */
  | 'rate-limited'

export interface Effects {
  /** Writes a frame: a string as a text message, bytes as a binary message. */
  readonly send: (frame: string | Uint8Array) => void
  /** Closes the WebSocket once what was sent is written. Nothing is received after it. */
  readonly close: (code: number, reason: string) => void
  /** Checks a device token; `authenticated` tells the outcome. One at a time. */
  readonly authenticate: (address: Address, token: string) => void
  /** Fetches what a SCRAM exchange is checked against; `scramFound` tells. */
  readonly lookUpScram: (address: Address) => void
  /** The machine itself has proved (by SCRAM) that its peer is this device of this address. */
  readonly identified: (address: Address, device: DeviceId) => void
  /**
   * Submits an envelope for a person. `answered` is called with the same reference, always, and
   * in the order of the submissions. The envelope is checked here, not by the machine.
   */
  readonly submit: (reference: number, to: Address, envelope: SealedEnvelope) => void
  /**
   * Opens the inbox: letters after the device's cursor (or after `after`, if that is later), at
   * most `window` of them unacknowledged at any time.
   */
  readonly attach: (options: { readonly window: number; readonly after?: number }) => void
  /** Stops deliveries; what is unacknowledged comes again with the next attach. */
  readonly detach: () => void
  /** The device has everything up to this sequence. */
  readonly acknowledge: (upTo: number) => void
  /** The device has this letter; those before it may still be out. */
  readonly acknowledgeOne: (sequence: number) => void
  /** Keeps a value for a while after the socket is gone, for the same device and key alone. */
  readonly retain: (key: string, value: unknown) => void
  /** Takes a retained value, once; undefined if there is none for this device. */
  readonly recall: (key: string) => unknown
}

/** What a machine is made with. */
export interface MachineContext {
  readonly effects: Effects
  /** Milliseconds since the epoch. */
  readonly now: number
  /** 22 random characters of base64url: stream ids and nonces are derived from it. */
  readonly nonce: string
  /** The realm's domain, for example `isthmus.example`. */
  readonly realm: string
}

/** A network's protocol, as the WebSocket shell needs to know it. */
export interface ProtocolFactory {
  /** The WebSocket subprotocol that a client must offer. */
  readonly subprotocol: string
  /** The request path that clients connect to, for example `/mqtt`. */
  readonly path: string
  /** Whether several frames of one turn may be written as one binary WebSocket message. */
  readonly mergeFrames: boolean
  /** Bytes of the largest WebSocket message. */
  readonly maxFrameBytes: number
  readonly createMachine: (context: MachineContext) => ProtocolMachine
}
