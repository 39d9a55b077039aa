/** XMPP over WebSocket: sends stanzas and reads the few that the gateway sends. */
import type { Address } from '@isthmus/runtime/address'
import {
  ACCEPTED,
  type Answer,
  type Client,
  type Connect,
  type Events,
  type Sealed,
} from './client.ts'
import type { Socket } from './socket.ts'
import {
  attribute,
  BIND,
  conditionOf,
  FRAMING,
  jidOf,
  login,
  PRESENCE,
  sealedStanza,
  SM,
} from './xmpp.ts'

/** What XEP-0198 needs to go on. */
interface Session {
  readonly previd: string
  /** Stanzas that the application has handled. */
  readonly handled: number
  /** Ids of the messages sent, undefined for other stanzas, from count `counted` on. */
  readonly sent: readonly (string | undefined)[]
  readonly counted: number
}

export const connectXmpp: Connect = async (urls, who, events, options = {}) => {
  const socket = await login(urls.whatsapp, who)
  const before = options.session as Session | undefined
  if (before) {
    socket.send(`<resume ${SM} previd='${before.previd}' h='${before.handled}'/>`)
    const reply = (await socket.next('<resumed/>')).toString()
    if (reply.startsWith('<resumed')) return new XmppClient(socket, events, before, reply)
  }
  socket.send(BIND)
  await socket.next('a resource')
  socket.send(`<enable ${SM} resume='true'/>`)
  const previd = attribute((await socket.next('<enabled/>')).toString(), 'id')
  const client = new XmppClient(socket, events, { previd, handled: 0, sent: [], counted: 0 })
  if (options.receive) client.announce()
  return client
}

class XmppClient implements Client {
  readonly resumed: boolean
  readonly #socket: Socket
  readonly #events: Events
  readonly #previd: string
  #sent: (string | undefined)[]
  #counted: number
  #handled: number
  /** Stanzas that came and are not handled yet: a letter's sequence, or 0. */
  #open: number[] = []
  readonly #refused = new Set<string>()
  /** The last letter that the application has stored. */
  #upTo = 0
  #said = ''

  constructor(socket: Socket, events: Events, session: Session, resumed = '') {
    this.#socket = socket
    this.#events = events
    this.#previd = session.previd
    this.#sent = [...session.sent]
    this.#counted = session.counted
    this.#handled = session.handled
    this.resumed = resumed !== ''
    if (this.resumed) {
      this.#count(resumed)
      // The rest never arrived: whoever wrote it submits it again.
      this.#sent = []
    }
    socket.listen((frame) => this.#receive(frame.toString()))
    void socket.closed.then((end) => events.end({ ...end, said: this.#said }))
  }

  announce(): void {
    this.#sent.push(undefined)
    this.#socket.send(PRESENCE)
  }

  submit(id: string, to: Address, letters: readonly Sealed[]): void {
    this.#sent.push(id)
    this.#socket.send(sealedStanza(jidOf(to), id, letters))
  }

  acknowledge(upTo: number): void {
    this.#upTo = Math.max(this.#upTo, upTo)
    if (this.#handle()) this.#socket.send(`<a ${SM} h='${this.#handled}'/>`)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  drop(): void {
    this.#socket.drop()
  }

  close(): void {
    this.#socket.send(`<close ${FRAMING}/>`)
  }

  session(): Session {
    const [previd, handled] = [this.#previd, this.#handled]
    return { previd, handled, sent: this.#sent, counted: this.#counted }
  }

  /** Counts what is handled: stanzas of no account at once, letters once they are stored. */
  #handle(): boolean {
    const next = this.#open.findIndex((sequence) => sequence > this.#upTo)
    const handled = this.#open.splice(0, next < 0 ? this.#open.length : next).length
    this.#handled += handled
    return handled > 0
  }

  #receive(stanza: string): void {
    if (stanza.startsWith('<a ')) this.#count(stanza)
    else if (stanza.startsWith('<r ')) this.#socket.send(`<a ${SM} h='${this.#handled}'/>`)
    else if (stanza.startsWith('<stream:error')) this.#said = conditionOf(stanza)
    else if (/^<(message|iq|presence)\b/.test(stanza)) this.#receiveStanza(stanza)
  }

  #receiveStanza(stanza: string): void {
    const isLetter = stanza.includes('<letter')
    const sequence = isLetter ? Number(attribute(stanza, 'sequence')) : 0
    this.#open.push(sequence)
    this.#handle()
    if (isLetter) {
      const begin = stanza.indexOf('>', stanza.indexOf('<letter')) + 1
      const sealed = Buffer.from(stanza.slice(begin, stanza.indexOf('</letter')), 'base64')
      this.#events.letter({ sequence, sealed, acceptedAt: Number(attribute(stanza, 'accepted')) })
      return
    }
    if (!stanza.includes("type='error'")) return
    const id = attribute(stanza, 'id')
    this.#refused.add(id)
    this.#events.answer(id, answerIn(stanza))
  }

  /** What the gateway's count covers and no error stanza came for is accepted. */
  #count(stanza: string): void {
    for (const h = Number(attribute(stanza, 'h')); this.#counted < h; this.#counted++) {
      const id = this.#sent.shift()
      if (id !== undefined && !this.#refused.delete(id)) this.#events.answer(id, ACCEPTED)
    }
  }
}

const answerIn = (stanza: string): Answer => {
  const devices = (name: string): string[] =>
    [...stanza.matchAll(new RegExp(`<${name} device='([^']*)'`, 'g'))].map(([, id]) => id ?? '')
  const [, type = '', condition = ''] = /<error type='([a-z]+)'><([a-z-]+)/.exec(stanza) ?? []
  const code = /<([a-z-]+) xmlns='urn:isthmus:errors:1'/.exec(stanza)?.[1] ?? 'none'
  return {
    error: code.toUpperCase().replaceAll('-', '_'),
    missing: devices('missing'),
    extra: devices('extra'),
    retryAfterMs: Number(attribute(stanza, 'retry-after-ms')),
    said: `${type}/${condition}`,
  }
}
