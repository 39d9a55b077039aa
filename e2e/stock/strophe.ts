/**
 * strophe.js 5 with its own stream management (SASL SCRAM-SHA-256). In Node it brings the DOM and
 * the WebSocket that it needs from @xmldom/xmldom and ws. It leaves connecting again to the app.
 */
import { $msg, $pres, Strophe, type StanzaElement, type StropheConnection } from 'strophe.js'
import { Line } from '../harness/line.ts'
import { Queue } from '../harness/queue.ts'
import { within } from '../harness/within.ts'
import {
  ACCEPTED,
  Ends,
  Pending,
  REALM,
  RECONNECT_MS,
  type Outcome,
  type Received,
  type StockKind,
} from './client.ts'

const SEALED = 'urn:isthmus:sealed:1'
const ERRORS = 'urn:isthmus:errors:1'
const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas'
const STREAM_MANAGEMENT = 'urn:xmpp:sm:3'

const FINAL = ['conflict', 'not-authorized', 'policy-violation']
const { CONNECTED, DISCONNECTED, AUTHFAIL, CONNFAIL, ERROR } = Strophe.Status
const LOST = new Set([CONNFAIL, ERROR])

// The relay's refusals and the cuts that stories make are logged as fatal otherwise.
Strophe.setLogLevel(Strophe.LogLevel['FATAL'])

const letterOf = (stanza: StanzaElement): Received | undefined => {
  const letter = stanza.getElementsByTagName('letter')[0]
  if (!letter || stanza.getAttribute('type') === 'error') return undefined
  return {
    sequence: Number(letter.getAttribute('sequence')),
    acceptedAt: Number(letter.getAttribute('accepted')),
    sealed: Buffer.from(letter.textContent ?? '', 'base64'),
  }
}

const refusalOf = (stanza: StanzaElement): Outcome => {
  const error = stanza.getElementsByTagName('error')[0]
  const parts = Array.from(error?.childNodes ?? [])
  const condition = parts.find(
    ({ namespaceURI, nodeName }) => namespaceURI === STANZA_ERRORS && nodeName !== 'text',
  )
  const word = parts.find(({ namespaceURI }) => namespaceURI === ERRORS)
  const devices = (name: string): string[] =>
    Array.from(word?.getElementsByTagName(name) ?? []).map(
      (child) => child.getAttribute('device') ?? '',
    )
  return {
    answer: (word?.nodeName ?? 'none').toUpperCase().replaceAll('-', '_'),
    code: `${error?.getAttribute('type')}/${condition?.nodeName}`,
    missing: devices('missing'),
    extra: devices('extra'),
    retryAfterMs: Number(word?.getAttribute('retry-after-ms') ?? 0),
  }
}

/** What the library holds as sent and not acknowledged is pending, the rest is accepted. */
const settleAccepted = (connection: StropheConnection, pending: Pending): void => {
  const unacknowledged = connection.sm.state.unacked.map(({ stanza }) => stanza)
  for (const id of pending.ids) {
    const mark = `id="${id}"`
    if (!unacknowledged.some((stanza) => stanza.includes(mark))) pending.settle(id, ACCEPTED)
  }
}

export const strophe: StockKind = {
  name: 'strophe.js',
  network: 'whatsapp',
  dialect: 'xmpp',
  connect: async (urls, device) => {
    const line = await Line.open(urls.whatsapp)
    const connection = new Strophe.Connection(line.url, {
      enableStreamManagement: true,
      // Left out, it is the browser tab's session storage, which Node has too: one for all.
      streamManagement: { storage: new Strophe.MemoryStorageBackend() },
    })
    const jid = `${device.account.handle}@whatsapp.${REALM}`
    const received = new Queue<Received>()
    const ends = new Ends()
    const returns = new Queue<'resumed' | 'anew'>()
    const pending = new Pending()
    let opened = false
    const ready = Promise.withResolvers<void>()
    let condition = ''
    let closing = false
    let again: NodeJS.Timeout | undefined

    const begin = (): void => {
      ends.begin()
      connection.addHandler(
        (stanza) => {
          const letter = letterOf(stanza)
          if (letter) received.push(letter)
          else if (stanza.getAttribute('type') === 'error') {
            pending.settle(stanza.getAttribute('id') ?? '', refusalOf(stanza))
          }
          return true
        },
        null,
        'message',
      )
      connection.addHandler(
        () => {
          // After the library's own handler has taken what is acknowledged off its list.
          queueMicrotask(() => settleAccepted(connection, pending))
          ready.resolve()
          return true
        },
        STREAM_MANAGEMENT,
        'a',
      )
      connection.addHandler(
        () => {
          // When its answer is there, the relay has read the library's answer to this request.
          if (!opened) queueMicrotask(() => connection.sm.requestAck())
          opened = true
          return true
        },
        STREAM_MANAGEMENT,
        'r',
      )
      if (connection.hasResumed()) {
        returns.push('resumed')
        settleAccepted(connection, pending)
      } else {
        if (opened) returns.push('anew')
        connection.send($pres())
      }
    }

    const connect = (): void =>
      connection.connect(jid, device.token, (status, why) => {
        if (status === CONNECTED) begin()
        else if (status === AUTHFAIL) ready.reject(new Error(`SASL: ${why}`))
        else if (LOST.has(status)) condition = why ?? ''
        else if (status === DISCONNECTED) {
          ends.end(undefined, condition)
          // It may be told more than once of the same end.
          clearTimeout(again)
          if (!closing && !FINAL.includes(condition)) again = setTimeout(connect, RECONNECT_MS)
          condition = ''
        }
      })

    const close = async (): Promise<void> => {
      closing = true
      clearTimeout(again)
      connection.disconnect()
      await line.quiet()
      await line.close()
    }

    connect()
    try {
      await within(ready.promise, 'stream management')
    } catch (error) {
      await close()
      throw error
    }
    return {
      kind: strophe,
      line,
      received,
      ends,
      returns,
      send: (to, id, letters) => {
        const answer = pending.add(id)
        const stanza = $msg({ to: `${to.handle}@${to.network}.${REALM}`, id, type: 'chat' })
        stanza.c('sealed', { xmlns: SEALED })
        for (const { device: name, sealed } of letters) {
          stanza.c('letter', { device: name }).t(Buffer.from(sealed).toString('base64')).up()
        }
        connection.send(stanza)
        return answer
      },
      close,
    }
  },
}
