/** What a client is made with. */
import type { Clock, Random } from '../clock.ts'
import type { Credentials } from '../credentials.ts'
import type { Directory } from '../directory/directory.ts'
import type { Primitives } from '../seal/primitives.ts'
import type { Store } from '../storage/port.ts'
import type { Transport } from '../transports/port.ts'

export interface ClientOptions {
  readonly credentials: Credentials
  readonly directory: Directory
  /** Of the network that the credentials' address is of. */
  readonly transport: Transport
  /** Default: memory. With memory, messages that were not accepted are lost with the process. */
  readonly store?: Store
  /**
   * This person's addresses on all networks. If given, letters to any other address are refused
   * as `wrong-recipient`.
   */
  readonly addresses?: readonly string[]
  /** Whether to tell senders that their messages were opened. Default: yes. */
  readonly deliveredReceipts?: boolean
  /** Milliseconds after which a message that the relay can't take is given up. Default: a day. */
  readonly giveUpAfterMs?: number
  readonly clock?: Clock
  readonly random?: Random
  readonly primitives?: Primitives
}

export interface SendOptions {
  /** Seconds until the letters expire if nobody fetched them. Default: the relay's maximum. */
  readonly ttlSeconds?: number
}
