/**
 * XMPP over WebSocket (RFC 7395) by xmpp.js, as the WhatsApp gateway speaks it. The relay's
 * acceptance is its stream management acknowledgement (XEP-0198) of the message stanza. The
 * library would acknowledge letters as they come in; its counter is replaced by one that waits
 * until they are handled.
 */
import { parseAddress } from '@isthmus/runtime/address'
import { xml, type Client, type Element } from '@xmpp/client-core'
import { toClose, type SocketClose } from './close.ts'
import { HandledStanzas } from './handled-stanzas.ts'
import {
  ConnectError,
  type Answer,
  type Close,
  type Connection,
  type Login,
  type Submission,
  type Transport,
  type TransportEvents,
} from './port.ts'
import { createEntity, type XmppEntity } from './xmpp-js.ts'
import { CAUSES, NS_SEALED, NS_SM, toLetter, toRefusal, toStanza } from './xmpp-wire.ts'

export interface XmppOptions {
  /** For example `wss://whatsapp.isthmus.example/xmpp-websocket`. */
  readonly url: string
}

/** Of each step of opening and closing. */
const STEP_TIMEOUT_MS = 5_000

class XmppConnection implements Connection {
  readonly #entity: Client
  readonly #realm: string
  readonly #events: TransportEvents
  readonly #handled = new HandledStanzas()
  readonly #waiting = new Set<string>()
  readonly #enabled = Promise.withResolvers<void>()
  #close: Close | undefined
  #isOpen = false

  constructor({ entity, streamManagement }: XmppEntity, login: Login, events: TransportEvents) {
    this.#entity = entity
    this.#realm = login.realm
    this.#events = events
    // The library adds to the counter and resets it as it sees fit; what it sends is ours.
    const handled = this.#handled
    Object.defineProperty(streamManagement, 'inbound', {
      get: () => handled.count,
      set() {},
    })
    entity.on('stanza', (stanza) => this.#stanza(stanza))
    entity.on('nonza', (nonza) => this.#nonza(nonza))
    streamManagement.on('ack', (stanza) => this.#answer(stanza, { accepted: true }))
    entity.on('error', (error) => this.#failed(error))
    entity.on('disconnect', ({ reason }) => this.#ended(reason))
  }

  /** Resolves when letters flow. @throws ConnectError. */
  async start(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#abandon('no connection in time'), { once: true })
    // Errors of the start come as 'error' and 'disconnect' events, too.
    this.#entity.start().catch((error: unknown) => this.#failed(error))
    await this.#enabled.promise
    signal.throwIfAborted()
    // Letters come once there are both stream management and presence.
    this.#send(xml('presence'))
    this.#isOpen = true
  }

  submit(submission: Submission): void {
    this.#waiting.add(submission.id)
    this.#send(toStanza(submission, this.#realm))
  }

  acknowledge(upTo: number): void {
    if (!this.#handled.acknowledge(upTo)) return
    this.#send(xml('a', { xmlns: NS_SM, h: this.#handled.count }))
  }

  close(): void {
    this.#abandon('closed by this side')
  }

  #abandon(detail: string): void {
    this.#close ??= { cause: 'requested', detail }
    this.#entity.stop().catch(() => undefined)
    this.#enabled.reject(new ConnectError({ cause: 'lost', detail }))
  }

  #send(element: Element): void {
    // A stream that is closing takes nothing; what was not answered is submitted again.
    this.#entity.send(element).catch(() => undefined)
  }

  #nonza(nonza: Element): void {
    if (nonza.is('enabled', NS_SM)) {
      this.#handled.reset()
      this.#enabled.resolve()
    } else if (nonza.is('failed', NS_SM)) {
      this.#breach('the gateway does not do stream management')
    }
  }

  #stanza(stanza: Element): void {
    const letter = stanza.is('message') ? stanza.getChild('letter', NS_SEALED) : undefined
    if (letter && stanza.attrs['type'] !== 'error') {
      this.#letter(letter)
      return
    }
    this.#handled.received()
    const isRefusal = stanza.is('message') && stanza.attrs['type'] === 'error'
    if (isRefusal) this.#answer(stanza, toRefusal(stanza))
  }

  #letter(element: Element): void {
    try {
      const letter = toLetter(element)
      this.#handled.received(letter.sequence)
      this.#events.letter(letter)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#breach(error.message)
    }
  }

  /** A stanza counts as accepted when it is acknowledged and no error came for it before. */
  #answer(stanza: Element, answer: Answer): void {
    const id = stanza.attrs['id']
    if (id !== undefined && this.#waiting.delete(id)) this.#events.answered(id, answer)
  }

  #breach(detail: string): void {
    this.#close ??= { cause: 'protocol', detail }
    this.#entity.stop().catch(() => undefined)
  }

  #failed(error: unknown): void {
    const { condition } = error as { readonly condition?: string }
    if (condition === undefined) return
    this.#close ??= { cause: CAUSES[condition] ?? 'protocol', detail: `XMPP: ${condition}` }
    // After a SASL failure the library leaves the socket open.
    if (!this.#isOpen) this.#entity.stop().catch(() => undefined)
  }

  #ended(reason: unknown): void {
    const { code = 1006, reason: text = '' } = (reason ?? {}) as Partial<SocketClose>
    const close = this.#close ?? toClose({ code, reason: text })
    if (this.#isOpen) this.#events.closed(close)
    else this.#enabled.reject(new ConnectError(close))
    this.#isOpen = false
  }
}

export const xmpp = ({ url }: XmppOptions): Transport => ({
  connect: async (login, events, signal) => {
    const parsed = parseAddress(login.address)
    const username = parsed?.handle ?? ''
    const domain = `${parsed?.network}.${login.realm}`
    const entity = createEntity(
      { service: url, domain, timeout: STEP_TIMEOUT_MS },
      { username, password: login.deviceToken },
    )
    const connection = new XmppConnection(entity, login, events)
    await connection.start(signal)
    return connection
  },
})
