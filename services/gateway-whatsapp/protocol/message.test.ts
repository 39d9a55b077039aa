import { answerOf } from '@isthmus/gateway-core/answer'
import { describe, expect, it } from '@jest/globals'
import { ErrorCode } from '@isthmus/proto/codec'
import { ANSWERS, type RefusalCode } from '../answers.ts'
import { ending, parse, stanzaError } from '../testing/frames.ts'
import {
  ACCEPTED,
  acknowledge,
  BARE_JID,
  DOMAIN,
  HANDLE,
  JID,
  message,
  peerAt,
  PING,
  PRESENCE,
  REALM,
  REQUEST,
  SEALED,
  TO,
  TO_DEVICE,
} from '../testing/recorder.ts'
import { attribute, childOf } from './element.ts'
import { NS } from './namespaces.ts'

const A = (h: number): string => `<a xmlns='urn:xmpp:sm:3' h='${h}'/>`
const R = `<r xmlns='urn:xmpp:sm:3'/>`

describe('a sealed message', () => {
  it('is submitted as it is, under its own id', () => {
    const peer = peerAt('managed')
    const extra = `<origin-id xmlns='urn:xmpp:sid:0' id='x'/><request xmlns='urn:xmpp:receipts'/>`
    expect(peer.says(message('m1', TO, extra))).toEqual([])
    expect(peer.effects.submitted).toEqual([
      {
        reference: 1,
        to: { network: 'instagram', handle: 'ada' },
        envelope: {
          id: 'm1',
          letters: [{ deviceId: TO_DEVICE, sealed: SEALED }],
          ttlSeconds: 0,
        },
      },
    ])
  })

  it.each([
    [`ada@instagram.${REALM}/whatever`, { network: 'instagram', handle: 'ada' }],
    [`Ada@Instagram.${REALM}`, { network: 'instagram', handle: 'ada' }],
    [`ada.lovelace@messenger.${REALM}`, { network: 'messenger', handle: 'ada.lovelace' }],
    [`4915112345678@${DOMAIN}`, { network: 'whatsapp', handle: '4915112345678' }],
  ])('goes to %s', (to, address) => {
    const peer = peerAt('managed')
    peer.says(message('m1', to))
    expect(peer.effects.submitted[0]?.to).toEqual(address)
  })

  it('without "to" goes to the own account', () => {
    const peer = peerAt('managed')
    peer.says(message('m1').replace(` to='${TO}'`, ''))
    expect(peer.effects.submitted[0]?.to).toEqual({ network: 'whatsapp', handle: HANDLE })
  })

  it('may say for how long it is kept', () => {
    const peer = peerAt('managed')
    peer.says(message('m1').replace(':sealed:1', `:sealed:1' ttl='3600`))
    expect(peer.effects.submitted[0]?.envelope.ttlSeconds).toBe(3600)
  })

  it('is counted once the relay has accepted it', () => {
    const peer = peerAt('managed')
    peer.says(message('m1'), message('m2'))
    expect(peer.says(REQUEST)).toEqual([A(0)])
    expect(peer.answers(ACCEPTED, ACCEPTED)).toEqual([A(2)])
    expect(peer.says(REQUEST)).toEqual([A(2)])
  })

  it('holds back the count of what came after it, not the answers to it', () => {
    const peer = peerAt('managed')
    const [result, ...more] = peer.says(message('m1'), PING, REQUEST)
    expect(attribute(parse(result), 'type')).toBe('result')
    expect(more).toEqual([A(0), R])
    expect(peer.answers(ACCEPTED)).toEqual([A(2)])
  })

  it('is refused in the words of XMPP, and counted', () => {
    const peer = peerAt('managed')
    peer.says(message('m1'))
    const [error, ...more] = peer.answers({
      ...answerOf(ErrorCode.STALE_DEVICES),
      missing: ['a', 'b'],
      extra: ['c'],
    })
    expect(more).toEqual([A(1), R])
    const stanza = parse(error)
    expect(attribute(stanza, 'id')).toBe('m1')
    expect(attribute(stanza, 'from')).toBe(TO)
    expect(attribute(stanza, 'to')).toBe(JID)
    expect(stanzaError(error)).toBe('modify not-acceptable stale-devices')
    const stale = stanza.children[0]?.children.find(({ ns }) => ns === NS.errors)
    expect(stale?.children.map((child) => [child.name, attribute(child, 'device')])).toEqual([
      ['missing', 'a'],
      ['missing', 'b'],
      ['extra', 'c'],
    ])
  })

  it.each(Object.entries(ANSWERS))('refused with code %s says so', (code, row) => {
    const peer = peerAt('managed')
    peer.says(message('m1'))
    const [error] = peer.answers(answerOf(Number(code) as RefusalCode, 1500))
    expect(stanzaError(error)).toBe(`${row.type} ${row.condition} ${row.element}`)
    const own = childOf(parse(error).children[0] ?? parse(error), row.element, NS.errors)
    expect(own && attribute(own, 'retry-after-ms')).toBe('1500')
  })

  it('is refused "not now" by a code that this version does not know', () => {
    const peer = peerAt('managed')
    peer.says(message('m1'))
    const [error] = peer.answers(answerOf(31 as RefusalCode))
    expect(stanzaError(error)).toBe('wait resource-constraint unavailable')
  })

  it('is sent and refused without stream management too, uncounted', () => {
    const peer = peerAt('bound')
    peer.says(message('m1'))
    expect(peer.answers(ACCEPTED)).toEqual([])
    peer.says(message('m2'))
    const frames = peer.answers(answerOf(ErrorCode.REFUSED))
    expect(frames.map(stanzaError)).toEqual(['cancel not-allowed refused'])
  })
})

describe('a message that is not a sealed one', () => {
  const body = `<body>hello</body>`
  const letter = `<letter device='${TO_DEVICE}'>${SEALED.toString('base64')}</letter>`
  const sealed = (content: string): string =>
    `<sealed xmlns='urn:isthmus:sealed:1'>${content}</sealed>`
  const bare = (content: string, attributes = `to='${TO}' id='m1'`): string =>
    `<message xmlns='jabber:client' ${attributes}>${content}</message>`

  it.each([
    ['a body', bare(body), 'modify not-acceptable not-sealed'],
    ['a body beside the seal', message('m1', TO, body), 'modify not-acceptable not-sealed'],
    ['nothing', bare(''), 'modify not-acceptable not-sealed'],
    [
      'a chat state',
      bare(`<composing xmlns='http://jabber.org/protocol/chatstates'/>`),
      'modify not-acceptable not-sealed',
    ],
    [
      'a seal of another namespace',
      bare(sealed(letter).replace('sealed:1', 'sealed:2')),
      'modify not-acceptable not-sealed',
    ],
    ['two seals', bare(sealed(letter) + sealed(letter)), 'modify bad-request malformed'],
    ['no id', bare(sealed(letter), `to='${TO}'`), 'modify bad-request malformed'],
    ['an empty id', bare(sealed(letter), `to='${TO}' id=''`), 'modify bad-request malformed'],
    [
      'a letter that is not base64',
      message('m1').replace('BwcH', '****'),
      'modify bad-request malformed',
    ],
    ['blanks in a letter', message('m1').replace('BwcH', 'Bw cH'), 'modify bad-request malformed'],
    [
      'spare bits in a letter',
      message('m1').replace('Bw==<', 'Bx==<'),
      'modify bad-request malformed',
    ],
    [
      'an odd time to live',
      message('m1').replace('sealed:1', `sealed:1' ttl='-1`),
      'modify bad-request malformed',
    ],
    [
      'a long time to live',
      message('m1').replace('sealed:1', `sealed:1' ttl='4294967296`),
      'modify bad-request malformed',
    ],
  ])('with %s is refused at once: %s', (_name, frame, error) => {
    const peer = peerAt('managed')
    const frames = peer.says(frame)
    expect(frames.slice(1)).toEqual([A(1), R])
    expect(stanzaError(frames[0])).toBe(error)
    expect(peer.effects.submitted).toEqual([])
  })

  it.each([
    'ada',
    `ada@${REALM}`,
    'ada@instagram.example.com',
    `@instagram.${REALM}`,
    `a b@instagram.${REALM}`,
    `a@b@instagram.${REALM}`,
    `ada@messenger.${REALM}`,
    `*@instagram.${REALM}`,
    `instagram.${REALM}`,
    '',
  ])('to %j reaches nobody', (to) => {
    const peer = peerAt('managed')
    const frames = peer.says(message('m1', to))
    expect(stanzaError(frames[0])).toBe('cancel service-unavailable unknown-recipient')
    expect(attribute(parse(frames[0]), 'from')).toBe(to)
    expect(peer.effects.submitted).toEqual([])
  })

  it('of type error is absorbed: an error is not answered by an error', () => {
    const peer = peerAt('managed')
    expect(peer.says(message('m1').replace(`'chat'`, `'error'`), REQUEST)).toEqual([A(1)])
    expect(peer.effects.submitted).toEqual([])
  })

  it('is counted after the messages before it', () => {
    const peer = peerAt('managed')
    const [, ...more] = peer.says(message('m1'), bare(body))
    expect(more).toEqual([R])
    expect(peer.answers(ACCEPTED)).toEqual([A(2)])
  })
})

describe('the sender', () => {
  const from = (frame: string, jid: string): string => frame.replace(/^<(\w+)/, `<$1 from='${jid}'`)

  it.each([BARE_JID, JID])('may name itself: %s', (jid) => {
    const peer = peerAt('managed')
    peer.says(from(message('m1'), jid), from(PING, jid), from(PRESENCE, jid))
    expect(peer.effects.submitted).toHaveLength(1)
    expect(peer.effects.closes).toEqual([])
  })

  it.each([
    ['another account', `4915112345678@${DOMAIN}`],
    ['another device of the same account', `${BARE_JID}/EVxqdLNJd8JkVPqo1TVXCw`],
    ['the server', DOMAIN],
    ['nobody', ''],
  ])('can not be %s: the stream ends', (_name, jid) => {
    for (const frame of [message('m1'), PING, PRESENCE]) {
      const peer = peerAt('managed')
      expect(ending(peer.says(from(frame, jid)))).toBe('invalid-from')
      expect(peer.effects.submitted).toEqual([])
      expect(peer.effects.attached).toEqual([])
    }
  })
})

it('takes a large message of a bound client, and nothing else that is large', () => {
  const large = message('m1', TO, `<x xmlns='x'>${'x'.repeat(100_000)}</x>`)
  const peer = peerAt('managed', { limits: { maxFrameBytes: large.length } })
  peer.says(large)
  expect(peer.effects.submitted).toHaveLength(1)
  expect(ending(peer.says(`${large} `))).toBe('policy-violation')
  const padded = PRESENCE.replace('/>', `>${' '.repeat(10_000)}</presence>`)
  expect(ending(peerAt('managed').says(padded))).toBe('policy-violation')
  expect(ending(peerAt('unbound').says(large))).toBe('policy-violation')
  expect(acknowledge(1)).toContain('h=')
})
