import { describe, expect, it } from '@jest/globals'
import { ending, parse, stanzaError, streamCondition } from '../testing/frames.ts'
import {
  BARE_JID,
  BIND,
  CLOSE,
  createPeer,
  DOMAIN,
  ENABLE,
  JID,
  message,
  OPEN,
  peerAt,
  PING,
  PRESENCE,
} from '../testing/recorder.ts'
import { attribute } from './element.ts'

const open = (attributes: string): string =>
  `<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' ${attributes}/>`

describe('a stream', () => {
  it('opens, with an id of its own, and offers how to authenticate', () => {
    const [opened, features] = createPeer().says(OPEN)
    expect(parse(opened)).toMatchObject({ name: 'open', ns: 'urn:ietf:params:xml:ns:xmpp-framing' })
    expect(attribute(parse(opened), 'from')).toBe(DOMAIN)
    expect(attribute(parse(opened), 'id')).toMatch(/^[\w-]{22}$/)
    const [mechanisms] = parse(features).children
    expect(mechanisms?.children.map((child) => child.text)).toEqual(['SCRAM-SHA-256', 'PLAIN'])
    const other = createPeer({ nonce: 'another' }).says(OPEN)
    expect(attribute(parse(other[0]), 'id')).not.toBe(attribute(parse(opened), 'id'))
  })

  it('is restarted after authentication, under another id, and offers to bind', () => {
    const peer = peerAt('opened')
    const again = peerAt('authenticated')
    const first = createPeer().says(OPEN)
    const [opened, features] = again.says(OPEN)
    expect(attribute(parse(opened), 'id')).not.toBe(attribute(parse(first[0]), 'id'))
    expect(parse(features).children.map((child) => child.name)).toEqual(['bind', 'sm'])
    expect(ending(peer.says(OPEN))).toBe('policy-violation')
  })

  it.each([
    ['no version', open(`to='${DOMAIN}'`), 'unsupported-version'],
    ['version 0.9', open(`to='${DOMAIN}' version='0.9'`), 'unsupported-version'],
    ['another domain', open(`to='example.com' version='1.0'`), 'host-unknown'],
    ["another network's domain", open(`to='instagram.x' version='1.0'`), 'host-unknown'],
    ['no domain', open(`version='1.0'`), 'host-unknown'],
    ['another namespace', OPEN.replace('xmpp-framing', 'xmpp-framing2'), 'invalid-namespace'],
    ['the framing of TCP', `<stream:stream xmlns:stream='http://x'>`, 'not-well-formed'],
    ['a stanza', PRESENCE, 'not-authorized'],
    ['stream management', ENABLE, 'policy-violation'],
  ])('does not open with %s, and says why after an <open/>', (_name, frame, condition) => {
    const peer = createPeer()
    const frames = peer.says(frame)
    expect(frames.map((text) => parse(text).name)).toEqual(['open', 'error', 'close'])
    expect(streamCondition(frames[1])).toBe(condition)
    expect(peer.effects.closes).toHaveLength(1)
    expect(peer.says(OPEN)).toEqual([])
  })

  it('takes the domain in any case', () => {
    expect(createPeer().says(OPEN.replace(DOMAIN, DOMAIN.toUpperCase()))).toHaveLength(2)
  })

  it('refuses the name of another account when it is restarted', () => {
    const from = (jid: string): string => OPEN.replace('<open', `<open from='${jid}'`)
    expect(peerAt('authenticated').says(from(BARE_JID))).toHaveLength(2)
    expect(ending(peerAt('authenticated').says(from('1@x')))).toBe('invalid-from')
  })

  it('is closed by its client at any time, politely', () => {
    for (const peer of [createPeer(), peerAt('opened'), peerAt('unbound'), peerAt('attached')]) {
      expect(peer.says(CLOSE)).toEqual([CLOSE])
      expect(peer.effects.closes).toEqual([{ code: 1000, reason: 'closed' }])
      expect(peer.says(OPEN)).toEqual([])
    }
  })

  it("is closed by its client's stream error", () => {
    const error = `<stream:error xmlns:stream='http://etherx.jabber.org/streams'/>`
    expect(peerAt('bound').says(error)).toEqual([CLOSE])
  })
})

describe('a stanza before its time', () => {
  const steps = ['opened', 'authenticated', 'unbound'] as const

  it.each(steps.flatMap((step) => [PING, PRESENCE, message('m1')].map((frame) => [step, frame])))(
    '%s: %s ends the stream, and does nothing',
    (step, frame) => {
      const peer = peerAt(step as (typeof steps)[number])
      expect(ending(peer.says(frame ?? ''))).toBe('not-authorized')
      expect(peer.effects).toMatchObject({ submitted: [], attached: [] })
    },
  )
})

describe('a resource', () => {
  it("is the device's id, whatever is asked for", () => {
    const request = BIND.replace(`xmpp-bind'/>`, `xmpp-bind'><resource>phone</resource></bind>`)
    for (const frame of [BIND, request]) {
      const [result] = peerAt('unbound').says(frame)
      expect(attribute(parse(result), 'type')).toBe('result')
      expect(attribute(parse(result), 'id')).toBe('b1')
      expect(parse(result).children[0]?.children[0]?.text).toBe(JID)
    }
  })

  it('is bound once', () => {
    expect(stanzaError(peerAt('bound').says(BIND)[0])).toBe('cancel not-allowed')
  })

  it('is not bound by a request without an id, which may be made again', () => {
    const peer = peerAt('unbound')
    expect(stanzaError(peer.says(BIND.replace(` id='b1'`, ''))[0])).toBe('modify bad-request')
    expect(attribute(parse(peer.says(BIND)[0]), 'type')).toBe('result')
  })

  it('must be bound in time', () => {
    const peer = peerAt('unbound', { limits: { negotiationMs: 1000 } })
    expect(peer.advance(999)).toEqual([])
    expect(ending(peer.advance(1))).toBe('connection-timeout')
  })
})
