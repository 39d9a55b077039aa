/** Opens letters, in order, and acknowledges those that are handled. */
import { toBase64 } from '../bytes.ts'
import type { Clock } from '../clock.ts'
import { readContent } from '../content.ts'
import { SealError } from '../seal/error.ts'
import type { OpenedLetter } from '../seal/letter.ts'
import type { Connection, DeliveredLetter } from '../transports/port.ts'
import type { Message, ReceiptEvent } from './events.ts'
import { Inbox } from './inbox.ts'
import { Seen } from './seen.ts'
import type { ClientState, LoadedState, UnopenedLetter } from './state.ts'

export interface IncomingDeps {
  readonly open: (letter: DeliveredLetter) => Promise<OpenedLetter>
  readonly state: ClientState
  readonly loaded: LoadedState
  readonly clock: Clock
  readonly met: (address: string, identityKey: Uint8Array) => void
  /** `handedOver` is to be called when the application has the message. */
  readonly message: (message: Message, handedOver: () => void) => void
  /** @param deviceKey of the device that sent it, in base64. */
  readonly receipt: (receipt: ReceiptEvent, deviceKey: string) => void
  readonly unopened: (letter: UnopenedLetter) => void
  /** Repeats a write until it is done, or the client is closed. */
  readonly persist: (write: () => Promise<void>) => Promise<void>
}

export class Incoming {
  readonly #deps: IncomingDeps
  readonly #inbox: Inbox
  readonly #seen: Seen
  /** Opened and not handed over yet. */
  readonly #open = new Set<string>()
  readonly #recording = new Set<Promise<void>>()
  #connection: Connection | undefined
  #work: Promise<void> = Promise.resolve()

  constructor(deps: IncomingDeps) {
    this.#deps = deps
    this.#inbox = new Inbox(deps.loaded.cursor)
    this.#seen = new Seen(deps.loaded.seen)
  }

  online(connection: Connection): void {
    this.#connection = connection
  }

  offline(): void {
    this.#connection = undefined
  }

  received(letter: DeliveredLetter): void {
    const arrival = this.#inbox.received(letter.sequence)
    if (arrival === 'new') this.#work = this.#work.then(() => this.#handle(letter))
    // It came again, so its acknowledgement got lost.
    else if (arrival === 'past') this.#connection?.acknowledge(letter.sequence)
  }

  /** Resolves when what was handed over up to now is recorded and acknowledged. */
  async settled(): Promise<void> {
    await Promise.all(this.#recording)
  }

  async #handle(letter: DeliveredLetter): Promise<void> {
    const { sequence } = letter
    let opened: OpenedLetter
    try {
      opened = await this.#deps.open(letter)
    } catch (error) {
      const reason = error instanceof SealError ? error.reason : 'malformed'
      const unopened = { ...letter, reason }
      await this.#deps.persist(() => this.#deps.state.putUnopened(unopened))
      this.#deps.unopened(unopened)
      return this.#handled(sequence)
    }
    await this.#sort(letter, opened)
  }

  async #sort(letter: DeliveredLetter, { sender, content }: OpenedLetter): Promise<void> {
    const { sequence, acceptedAt } = letter
    const { address: from, identityKey } = sender
    this.#deps.met(from, identityKey)
    const read = readContent(content)
    if (read.kind === 'receipt') {
      const { receipt, messageIds } = read
      const event = { from, receipt, messageIds, at: Number(content.sentAt) }
      this.#deps.receipt(event, toBase64(sender.x25519))
      return this.#handled(sequence)
    }
    const key = Seen.key(from, content.id)
    if (this.#seen.has(key) || this.#open.has(key)) return this.#handled(sequence)
    this.#open.add(key)
    const message: Message = {
      ...{ id: content.id, from, fromDevice: sender.deviceId, identityKey, to: content.to },
      ...{ sentAt: Number(content.sentAt), acceptedAt, sequence, content: read },
    }
    this.#deps.message(message, () => {
      const recording = this.#handedOver(key, sequence)
      this.#recording.add(recording)
      void recording.finally(() => this.#recording.delete(recording))
    })
  }

  async #handedOver(key: string, sequence: number): Promise<void> {
    const now = this.#deps.clock.now()
    const forgotten = this.#seen.add(key, now)
    this.#open.delete(key)
    await this.#deps.persist(() => this.#deps.state.putSeen(key, now, forgotten))
    await this.#handled(sequence)
  }

  async #handled(sequence: number): Promise<void> {
    const cursor = this.#inbox.handled(sequence)
    if (cursor === undefined) return
    await this.#deps.persist(() => this.#deps.state.putCursor(cursor))
    this.#connection?.acknowledge(cursor)
  }
}
