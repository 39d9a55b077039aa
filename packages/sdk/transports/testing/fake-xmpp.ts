/** The WhatsApp gateway's protocol, as far as the transport meets it. */
import type { WebSocket } from 'ws'
import { fromBase64, toBase64 } from '../../bytes.ts'
import type { Answer, Submission } from '../port.ts'
import { listen, type Ending, type FakeGateway, type Session } from './gateway.ts'

const FRAMING = "xmlns='urn:ietf:params:xml:ns:xmpp-framing'"
const STREAM = "xmlns:stream='http://etherx.jabber.org/streams'"
const SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
const SM = "xmlns='urn:xmpp:sm:3'"
const CLIENT = "xmlns='jabber:client'"
const ERRORS = "xmlns='urn:isthmus:errors:1'"

const ENDINGS: Record<Exclude<Ending, 'drop'>, readonly [string, number]> = {
  'going-away': ['system-shutdown', 1012],
  'try-later': ['internal-server-error', 1011],
  replaced: ['conflict', 1008],
  revoked: ['not-authorized', 1008],
  violation: ['bad-format', 1002],
}

const attribute = (xml: string, name: string): string =>
  (new RegExp(`\\s${name}=["']([^"']*)["']`).exec(xml)?.[1] ?? '').replaceAll('&quot;', '"')

/** Reads the stanzas that the transport writes; it is no XML parser. */
const toSubmission = (xml: string): Submission => {
  const [handle, domain = ''] = attribute(xml, 'to').split('@')
  const letters = [...xml.matchAll(/<letter device="([^"]*)"[^>]*>([^<]*)</g)].map(
    ([, deviceId = '', sealed = '']) => ({ deviceId, sealed: fromBase64(sealed) }),
  )
  const ttl = /<sealed[^>]*\sttl="([0-9]+)"/.exec(xml)?.[1]
  const to = `${domain.split('.')[0]}:${handle}`
  return { id: attribute(xml, 'id'), to, letters, ttlSeconds: Number(ttl ?? 0) }
}

const toErrorStanza = (id: string, answer: Exclude<Answer, { accepted: true }>): string => {
  const { code, missing, extra, retryAfterMs } = answer
  const list = (name: string, devices: readonly string[]): string =>
    devices.map((device) => `<${name} device='${device}'/>`).join('')
  const wait = retryAfterMs === undefined ? '' : ` retry-after-ms='${retryAfterMs}'`
  return (
    `<message ${CLIENT} type='error' id='${id}'><error type='cancel'>` +
    `<not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>` +
    `<${code} ${ERRORS}${wait}>${list('missing', missing)}${list('extra', extra)}</${code}>` +
    `</error></message>`
  )
}

export const fakeXmppGateway = async (): Promise<FakeGateway> => {
  let [acknowledged, handled, sent, isLoggedIn]: [number, number, number, boolean] = [
    0,
    0,
    0,
    false,
  ]
  /** The letters' places among the stanzas that were sent. */
  let places: { readonly place: number; readonly sequence: number }[] = []
  const say = (xml: string): void => shell.socket().send(xml)
  const open = (): void => {
    say(`<open ${FRAMING} id='s' version='1.0' from='whatsapp.isthmus.test'/>`)
    const features = isLoggedIn
      ? `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm ${SM}/>`
      : `<mechanisms ${SASL}><mechanism>PLAIN</mechanism></mechanisms>`
    say(`<stream:features ${STREAM}>${features}</stream:features>`)
  }
  const authenticate = (xml: string): void => {
    const [, handle = '', token = ''] = atob(/>([^<]*)</.exec(xml)?.[1] ?? '').split('\0')
    gateway.logins.push({ address: `whatsapp:${handle}`, token })
    isLoggedIn = gateway.isRight(token)
    if (isLoggedIn) say(`<success ${SASL}/>`)
    else say(`<failure ${SASL}><not-authorized/></failure>`)
  }
  const submit = (xml: string): void => {
    const submission = toSubmission(xml)
    gateway.submissions.push(submission)
    const answer = gateway.answer(submission)
    if (!answer) return
    if (!answer.accepted) {
      sent++
      say(toErrorStanza(submission.id, answer))
    }
    handled++
    say(`<a ${SM} h='${handled}'/>`)
  }
  const acknowledge = (h: number): void => {
    for (const { place, sequence } of places) if (place <= h) acknowledged = sequence
  }
  const receive = (xml: string, socket: WebSocket): void => {
    if (xml.startsWith('<open')) open()
    else if (xml.startsWith('<auth')) authenticate(xml)
    else if (xml.startsWith('<iq')) {
      const jid = '14155550123@whatsapp.isthmus.test/device'
      const bind = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>${jid}</jid></bind>`
      say(`<iq ${CLIENT} type='result' id='${attribute(xml, 'id')}'>${bind}</iq>`)
    } else if (xml.startsWith('<enable')) {
      ;[handled, sent, places] = [0, 0, []]
      say(`<enabled ${SM}/>`)
    } else if (xml.startsWith('<presence')) handled++
    else if (xml.startsWith('<message')) submit(xml)
    else if (xml.startsWith('<a ')) acknowledge(Number(attribute(xml, 'h')))
    else if (xml.startsWith('<r ')) say(`<a ${SM} h='${handled}'/>`)
    else if (xml.startsWith('<close')) {
      say(`<close ${FRAMING}/>`)
      socket.close(1000)
    }
  }
  const shell = await listen('xmpp', '/xmpp-websocket', (socket): Session => {
    isLoggedIn = false
    return { receive: (data) => receive(String(data), socket) }
  })
  const letter = (attributes: string, text: string): void =>
    say(
      `<message ${CLIENT} from='whatsapp.isthmus.test' id='1' type='chat'>` +
        `<letter xmlns='urn:isthmus:sealed:1' ${attributes}>${text}</letter></message>`,
    )
  const gateway: FakeGateway = {
    url: shell.url,
    logins: [],
    submissions: [],
    acknowledged: () => acknowledged,
    answer: () => ({ accepted: true }),
    isRight: (token) => token !== 'isth_wrong',
    deliver: ({ sequence, acceptedAt, sealed }) => {
      places.push({ place: ++sent, sequence })
      letter(`sequence='${sequence}' accepted='${acceptedAt}'`, toBase64(sealed))
      // The gateway asks for an acknowledgement after each burst, and must not get one too early.
      say(`<r ${SM}/>`)
    },
    deliverGarbage: () => letter('', '???'),
    end: (how) => {
      if (how === 'drop') return shell.socket().terminate()
      const [condition, code] = ENDINGS[how]
      const children = `<${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>`
      say(`<stream:error ${STREAM}>${children}</stream:error>`)
      say(`<close ${FRAMING}/>`)
      shell.socket().close(code)
    },
    sockets: () => shell.server.clients.size,
    stop: shell.stop,
  }
  return gateway
}
