/** The client: sealed messages over one of three transports, with what that takes. */
import { parseAddress } from '@isthmus/runtime/address'
import { randomBytes, toBase64Url } from './bytes.ts'
import { Emitter, type Listener } from './client/emitter.ts'
import type { ClientEvents, Message } from './client/events.ts'
import { MessageQueue } from './client/message-queue.ts'
import type { ClientOptions, SendOptions } from './client/options.ts'
import { makeParts, type Context, type Parts } from './client/parts.ts'
import { persist } from './client/persist.ts'
import { Receipts } from './client/receipts.ts'
import { SendTracker, type Sending } from './client/sending.ts'
import { ClientState, type UnopenedLetter } from './client/state.ts'
import { systemClock } from './clock.ts'
import { encodeContent } from './content.ts'
import type { ReceiptContent, SendableContent } from './content-types.ts'
import type { DirectorySession } from './directory/session.ts'
import { SendError } from './errors.ts'
import { memoryStore } from './storage/memory.ts'

/**
 * One device's client. Make it, listen, `connect()`, and read `messages()`: letters are
 * acknowledged to the relay as they are read there, and wait in the mailbox until then.
 */
export class IsthmusClient {
  readonly address: string
  /** The directory with this device's token. */
  readonly directory: DirectorySession
  readonly #events = new Emitter<ClientEvents>()
  readonly #tracker = new SendTracker()
  readonly #receipts = new Receipts()
  readonly #messages = new MessageQueue<Message>()
  readonly #context: Context
  #parts: Promise<Parts> | undefined
  #isClosed = false

  constructor(options: ClientOptions) {
    const { credentials } = options
    this.address = credentials.address
    this.directory = options.directory.as(credentials.deviceToken)
    const clock = options.clock ?? systemClock
    const persistence = {
      clock,
      isClosed: () => this.#isClosed,
      failed: (error: unknown) => this.#events.emit('storage', { error }),
    }
    this.#context = {
      ...{ options, clock, session: this.directory, random: options.random ?? Math.random },
      ...{ events: this.#events, tracker: this.#tracker, messages: this.#messages },
      state: new ClientState(options.store ?? memoryStore(), credentials.deviceId),
      persist: (write) => persist(persistence, write),
      sendReceipt: (to, kind, messageId) =>
        this.#enqueueReceipt(to, this.#receipts.add(to, kind, messageId)),
      receiptDone: (to) => this.#enqueueReceipt(to, this.#receipts.done(to)),
    }
  }

  /** Listens to an event; gives what ends the listening. */
  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: Listener<ClientEvents[Name]>,
  ): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Connects, and stays connected until `close()`. Resolves when first online, however long that
   * takes; it may be left alone.
   * @throws ConnectError if connecting again would be of no use: the token was refused, the device
   * connected elsewhere, the client was closed.
   */
  connect(): Promise<void> {
    const online = this.#start().then(({ link }) => link.start())
    online.catch(() => undefined)
    return online
  }

  /**
   * Seals a message and sends it, now or as soon as there is a connection. Messages to one person
   * are accepted in the order of sending.
   * @param to `network:handle`.
   */
  send(to: string, content: string | SendableContent, options: SendOptions = {}): Sending {
    const id = newId()
    const sending = this.#tracker.start(id, to)
    const what = typeof content === 'string' ? ({ kind: 'text', body: content } as const) : content
    try {
      if (this.#isClosed) throw new SendError('closed')
      if (!parseAddress(to)) throw new SendError('malformed')
      this.#enqueue(id, to, what, options.ttlSeconds ?? 0)
    } catch (error) {
      if (!(error instanceof SendError)) throw error
      this.#tracker.failed(id, error)
    }
    return sending
  }

  /**
   * Messages in the order in which the relay accepted them, as long as the client is open. A
   * message is acknowledged when the loop comes back for the next one, or is left: what a process
   * was still busy with when it died comes again. One loop at a time.
   */
  messages(): AsyncGenerator<Message, void, void> {
    return this.#messages.read()
  }

  /** Tells the sender that the person has seen a message. */
  markRead(message: Pick<Message, 'id' | 'from'>): void {
    this.#context.sendReceipt(message.from, 'read', message.id)
  }

  /** Reacts to a message; an empty emoji takes the reaction back. */
  react(message: Pick<Message, 'id' | 'from'>, emoji: string): Sending {
    return this.send(message.from, { kind: 'reaction', messageId: message.id, emoji })
  }

  /** Replaces the text of a message that was sent. */
  edit(sent: Pick<Sending, 'id' | 'to'>, body: string): Sending {
    return this.send(sent.to, { kind: 'edit', messageId: sent.id, body })
  }

  /** Takes back a message that was sent. */
  delete(sent: Pick<Sending, 'id' | 'to'>): Sending {
    return this.send(sent.to, { kind: 'delete', messageId: sent.id })
  }

  /** Letters that did not open, the oldest first, as long as `discardUnopened` was not called. */
  unopened(): Promise<readonly UnopenedLetter[]> {
    return this.#context.state.unopened()
  }

  discardUnopened(sequence: number): Promise<void> {
    return this.#context.state.deleteUnopened(sequence)
  }

  /**
   * Acknowledges what was handed over, then ends the connection and all loops. What the relay has
   * not accepted stays in the store for the next client of this device.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#messages.close()
    const parts = await this.#parts?.catch(() => undefined)
    await parts?.incoming.settled()
    for (const [to, receipt] of this.#receipts.drain()) this.#enqueue(newId(), to, receipt, 0)
    // What was enqueued a moment ago is added in the turn after this one.
    await this.#parts?.catch(() => undefined)
    await parts?.outgoing.close()
    parts?.link.stop()
    this.#tracker.close()
  }

  #start(): Promise<Parts> {
    return (this.#parts ??= makeParts(this.#context))
  }

  /** @throws SendError if the content is over its limits. */
  #enqueue(
    id: string,
    to: string,
    what: SendableContent | ReceiptContent,
    ttlSeconds: number,
  ): void {
    const createdAt = this.#context.clock.now()
    const content = encodeContent({ id, sentAt: createdAt, to }, what)
    const isReceipt = what.kind === 'receipt'
    const entry = { id, to, content, createdAt, ttlSeconds, isReceipt }
    this.#start().then(
      ({ outgoing }) => outgoing.add(entry),
      (cause: unknown) => this.#tracker.failed(id, new SendError('storage', { cause })),
    )
  }

  #enqueueReceipt(to: string, receipt: ReceiptContent | undefined): void {
    if (receipt && !this.#isClosed) this.#enqueue(newId(), to, receipt, 0)
  }
}

/** 128 random bits: nobody who was not told the id can refer to the message. */
const newId = (): string => toBase64Url(randomBytes(16))
