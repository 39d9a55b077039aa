/** @xmpp/client (xmpp.js): SASL PLAIN, stream management and reconnection as it comes. */
import { client, xml, type XmppClient, type XmppElement } from '@xmpp/client'
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
const STREAM_MANAGEMENT = 'urn:xmpp:sm:3'
const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas'

/** Stream errors after which the protocol's page says not to connect again. */
const FINAL = ['conflict', 'not-authorized', 'policy-violation']

const letterOf = (stanza: XmppElement): Received | undefined => {
  const letter = stanza.is('message') ? stanza.getChild('letter', SEALED) : undefined
  if (!letter) return undefined
  const { sequence, accepted } = letter.attrs
  const sealed = Buffer.from(letter.text(), 'base64')
  return { sequence: Number(sequence), acceptedAt: Number(accepted), sealed }
}

const refusalOf = (stanza: XmppElement): Outcome => {
  const error = stanza.getChild('error')
  const parts = error?.getChildElements() ?? []
  const condition = parts.find((part) => part.getNS() === STANZA_ERRORS && part.name !== 'text')
  const word = parts.find((part) => part.getNS() === ERRORS)
  const devices = (name: string): string[] =>
    (word?.getChildren(name) ?? []).map(({ attrs }) => attrs['device'] ?? '')
  return {
    answer: (word?.name ?? 'none').toUpperCase().replaceAll('-', '_'),
    code: `${error?.attrs['type']}/${condition?.name}`,
    missing: devices('missing'),
    extra: devices('extra'),
    retryAfterMs: Number(word?.attrs['retry-after-ms'] ?? 0),
  }
}

/**
 * Resolves when the session has its stream management, which the library sees to by itself, and
 * the relay has read the answer to its first request.
 */
const start = async (xmpp: XmppClient): Promise<void> => {
  const heard = (name: string): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const listen = (element: XmppElement): void => {
      if (!element.is(name, STREAM_MANAGEMENT)) return
      xmpp.off('nonza', listen)
      resolve()
    }
    xmpp.on('nonza', listen)
    return within(promise, `<${name}/>`)
  }
  const requested = heard('r')
  requested.catch(() => undefined)
  await within(xmpp.start(), 'the session to begin')
  await requested
  const answered = heard('a')
  await xmpp.send(xml('r', { xmlns: STREAM_MANAGEMENT }))
  await answered
}

export const xmppjs: StockKind = {
  name: 'xmpp.js',
  network: 'whatsapp',
  dialect: 'xmpp',
  connect: async (urls, device) => {
    const line = await Line.open(urls.whatsapp)
    const xmpp = client({
      service: line.url,
      domain: `whatsapp.${REALM}`,
      username: device.account.handle,
      password: device.token,
    })
    const received = new Queue<Received>()
    const ends = new Ends()
    const returns = new Queue<'resumed' | 'anew'>()
    const pending = new Pending()
    let opened = false
    let condition = ''
    xmpp.reconnect.delay = RECONNECT_MS
    xmpp.on('connect', () => ends.begin())
    xmpp.on('online', () => {
      if (opened) returns.push('anew')
      opened = true
      void xmpp.send(xml('presence'))
    })
    xmpp.on('error', (error: Error & { condition?: string }) => {
      condition = error.condition ?? condition
      if (FINAL.includes(condition)) xmpp.reconnect.stop()
    })
    xmpp.on('disconnect', ({ reason }: { reason?: { code?: number } }) => {
      ends.end(reason?.code, condition)
      condition = ''
    })
    xmpp.on('stanza', (stanza: XmppElement) => {
      const letter = letterOf(stanza)
      if (letter) received.push(letter)
      else if (stanza.is('message') && stanza.attrs['type'] === 'error') {
        pending.settle(stanza.attrs['id'] ?? '', refusalOf(stanza))
      }
    })
    xmpp.streamManagement.on('ack', ({ attrs }: XmppElement) => {
      pending.settle(attrs['id'] ?? '', ACCEPTED)
    })
    xmpp.streamManagement.on('resumed', () => returns.push('resumed'))
    try {
      await start(xmpp)
    } catch (error) {
      xmpp.reconnect.stop()
      await xmpp.stop().catch(() => undefined)
      await line.close()
      throw error
    }
    return {
      kind: xmppjs,
      line,
      received,
      ends,
      returns,
      send: (to, id, letters) => {
        const answer = pending.add(id)
        const sealed = letters.map(({ device: name, sealed: bytes }) =>
          xml('letter', { device: name }, Buffer.from(bytes).toString('base64')),
        )
        const jid = `${to.handle}@${to.network}.${REALM}`
        void xmpp.send(
          xml(
            'message',
            { to: jid, id, type: 'chat' },
            xml('sealed', { xmlns: SEALED }, ...sealed),
          ),
        )
        return answer
      },
      close: async () => {
        xmpp.reconnect.stop()
        if (xmpp.status !== 'offline') await xmpp.stop().catch(() => undefined)
        await line.quiet()
        await line.close()
      },
    }
  },
}
