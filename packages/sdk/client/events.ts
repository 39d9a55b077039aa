/** What a client tells. */
import type { MessageContent, ReceiptContent } from '../content-types.ts'
import type { SendError } from '../errors.ts'
import type { Close } from '../transports/port.ts'
import type { SendingState } from './sending.ts'
import type { UnopenedLetter } from './state.ts'

/** A message that was opened, with a sender who proved who they are. */
export interface Message {
  /** Chosen by the sender. Together with `from` it names the message. */
  readonly id: string
  /**
   * The sender's address, `network:handle`. Only its owner may edit or delete the message: compare
   * the `from` of an edit or a deletion with that of the message it refers to.
   */
  readonly from: string
  readonly fromDevice: string
  /** The sender's identity key, Ed25519, 32 bytes. */
  readonly identityKey: Uint8Array
  /** The address that the sender wrote to: this account's, or one linked with it. */
  readonly to: string
  /** The sender's clock: milliseconds since the Unix epoch. */
  readonly sentAt: number
  /** The relay's clock: milliseconds since the Unix epoch. */
  readonly acceptedAt: number
  /** The letter's place in this device's mailbox. */
  readonly sequence: number
  readonly content: MessageContent
}

export interface StateEvent {
  /** `waiting`: for the next try to connect. `closed`: there will be none. */
  readonly state: 'connecting' | 'online' | 'waiting' | 'closed'
  /** Why the last connection ended, or could not be had. */
  readonly close?: Close
  readonly retryInMs?: number
}

export interface SendingEvent {
  readonly id: string
  readonly to: string
  readonly state: Exclude<SendingState, 'queued'>
  /** With `failed`. */
  readonly error?: SendError
}

export interface ReceiptEvent {
  readonly from: string
  readonly receipt: ReceiptContent['receipt']
  readonly messageIds: readonly string[]
  /** The recipient's clock: milliseconds since the Unix epoch. */
  readonly at: number
}

export interface IdentityEvent {
  readonly address: string
  readonly identityKey: Uint8Array
}

export interface ClientEvents {
  readonly state: StateEvent
  /**
   * A message was opened. A notice: what counts as handed over, and is then acknowledged, is what
   * `messages()` gave.
   */
  readonly message: Message
  /** Every receipt, also for messages of earlier runs, which no Sending follows. */
  readonly receipt: ReceiptEvent
  /** What became of a message that was sent, also in an earlier run. */
  readonly sending: SendingEvent
  /** A letter did not open. It is kept (see `unopened()`) and acknowledged. */
  readonly unopened: UnopenedLetter
  /** Somebody who was known under other identity keys appeared with a new one. */
  readonly identity: IdentityEvent
  /** The store failed; what could not be written is tried again. */
  readonly storage: { readonly error: unknown }
}
