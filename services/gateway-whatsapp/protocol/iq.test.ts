import { describe, expect, it } from '@jest/globals'
import { parse, stanzaError } from '../testing/frames.ts'
import { BARE_JID, DOMAIN, JID, peerAt, PING, TO } from '../testing/recorder.ts'
import { attribute } from './element.ts'

const iq = (type: string, content: string, attributes = `id='q1'`): string =>
  `<iq xmlns='jabber:client' type='${type}' ${attributes}>${content}</iq>`
const INFO = `<query xmlns='http://jabber.org/protocol/disco#info'/>`
const ITEMS = `<query xmlns='http://jabber.org/protocol/disco#items'/>`
const ROSTER = `<query xmlns='jabber:iq:roster'/>`

const ask = (frame: string): string => peerAt('bound').says(frame)[0] ?? ''

describe('the server answers', () => {
  it.each([undefined, DOMAIN, BARE_JID])('a ping to %s', (to) => {
    const result = parse(ask(to ? PING.replace('<iq', `<iq to='${to}'`) : PING))
    expect(attribute(result, 'type')).toBe('result')
    expect(attribute(result, 'id')).toBe('p1')
    expect(attribute(result, 'from')).toBe(to)
    expect(attribute(result, 'to')).toBe(JID)
    expect(result.children).toEqual([])
  })

  it('what it is and what it can do', () => {
    const [query] = parse(ask(iq('get', INFO, `id='q1' to='${DOMAIN}'`))).children
    const [identity, ...features] = query?.children ?? []
    expect(identity && attribute(identity, 'category')).toBe('server')
    expect(features.map((feature) => attribute(feature, 'var'))).toEqual([
      'http://jabber.org/protocol/disco#info',
      'http://jabber.org/protocol/disco#items',
      'urn:xmpp:sm:3',
      'urn:xmpp:ping',
      'urn:isthmus:sealed:1',
    ])
  })

  it('for the account', () => {
    const [query] = parse(ask(iq('get', INFO, `id='q1' to='${BARE_JID}'`))).children
    expect(query?.children[0] && attribute(query.children[0], 'category')).toBe('account')
  })

  it('that it has no nodes and no items', () => {
    const node = INFO.replace('/>', ` node='x'/>`)
    expect(stanzaError(ask(iq('get', node)))).toBe('cancel item-not-found')
    expect(parse(ask(iq('get', ITEMS))).children[0]?.children).toEqual([])
  })

  it('with an empty contact list', () => {
    expect(parse(ask(iq('get', ROSTER))).children[0]).toMatchObject({
      name: 'query',
      ns: 'jabber:iq:roster',
      children: [],
    })
  })
})

describe('a request that is refused', () => {
  it.each([
    ['of an unknown kind', iq('get', `<x xmlns='x'/>`), 'cancel service-unavailable'],
    ['to change the contact list', iq('set', ROSTER), 'cancel service-unavailable'],
    ['to another person', iq('get', INFO, `id='q1' to='${TO}'`), 'cancel service-unavailable'],
    ['to the own resource', iq('get', INFO, `id='q1' to='${JID}'`), 'cancel service-unavailable'],
    ['with no payload', iq('get', ''), 'modify bad-request'],
    ['with two payloads', iq('get', INFO + ITEMS), 'modify bad-request'],
    ['with no id', iq('get', INFO, ''), 'modify bad-request'],
    ['of no type', iq('', INFO), 'modify bad-request'],
    ['of an unknown type', iq('query', INFO), 'modify bad-request'],
  ])('%s: %s', (_name, frame, error) => {
    expect(stanzaError(ask(frame))).toBe(error)
  })
})

it('absorbs answers that it did not ask for', () => {
  const peer = peerAt('bound')
  expect(peer.says(iq('result', ''), iq('error', ''), iq('result', INFO + ITEMS))).toEqual([])
  expect(peer.effects.closes).toEqual([])
})

it('never passes anything on that it echoes without escaping it', () => {
  const result = parse(ask(PING.replace(`'p1'`, `"&lt;x y='1'&gt;&amp;"`)))
  expect(attribute(result, 'id')).toBe(`<x y='1'>&`)
})
