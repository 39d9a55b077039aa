/** What a stream knows of its client, and what outlives it. */
import type { Address } from '@isthmus/runtime/address'
import type { Outbound } from './ledger.ts'

/** Who has logged in. */
export interface Identity {
  readonly address: Address
  /** Full JID: the resource is the device's id. */
  readonly jid: string
  readonly bareJid: string
}

/** XEP-0198 in use. */
export interface Management {
  /** What the session is resumed by; undefined if the client did not ask for that. */
  readonly id: string | undefined
  readonly outbound: Outbound
  /** Whether the client has shown, by an `<a/>`, that its count has begun. */
  counting: boolean
  /** How often it has said a count before it began, that of an older stream. */
  early: number
}

/** What is kept of a session over a dropped socket. */
export class Resumable {
  readonly handled: number
  readonly outbound: Outbound
  readonly available: boolean

  constructor(handled: number, outbound: Outbound, available: boolean) {
    this.handled = handled
    this.outbound = outbound
    this.available = available
  }
}
