import { describe, expect, it } from '@jest/globals'
import { ending } from '../testing/frames.ts'
import { CLOSE, createPeer, peerAt, plain, type Peer } from '../testing/recorder.ts'
import { TAKES, type FrameKind, type State } from './states.ts'

const FRAMES: Record<FrameKind, string> = {
  open: `<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='whatsapp.isthmus.localhost' version='1.0'/>`,
  close: CLOSE,
  error: `<error xmlns='http://etherx.jabber.org/streams'/>`,
  auth: plain(),
  response: `<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>=</response>`,
  abort: `<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`,
  iq: `<iq xmlns='jabber:client' type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`,
  message: `<message xmlns='jabber:client' type='error'/>`,
  presence: `<presence xmlns='jabber:client'/>`,
  enable: `<enable xmlns='urn:xmpp:sm:3'/>`,
  resume: `<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>`,
  r: `<r xmlns='urn:xmpp:sm:3'/>`,
  a: `<a xmlns='urn:xmpp:sm:3' h='0'/>`,
}

const PEERS: Record<State, () => Peer> = {
  unopened: () => createPeer(),
  unauthenticated: () => peerAt('opened'),
  verifying: () => {
    const peer = peerAt('opened')
    peer.says(plain())
    return peer
  },
  challenged: () => {
    const peer = peerAt('opened')
    peer.says(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>`)
    return peer
  },
  authenticated: () => peerAt('authenticated'),
  unbound: () => peerAt('unbound'),
  bound: () => peerAt('bound'),
  closed: () => {
    const peer = peerAt('bound')
    peer.says(CLOSE)
    return peer
  },
}

const states = Object.keys(TAKES) as State[]
const kinds = Object.keys(FRAMES) as FrameKind[]
const STANZAS = ['iq', 'message', 'presence']

describe.each(states)('in the state %s', (state) => {
  const takes: readonly string[] = TAKES[state]

  it.each(kinds)('<%s/> is taken, or ends the stream as the table says', (kind) => {
    const peer = PEERS[state]()
    const closesBefore = peer.effects.closes.length
    const frames = peer.says(FRAMES[kind])
    const closed = peer.effects.closes.length - closesBefore
    if (state === 'closed') {
      expect(frames).toEqual([])
      expect(closed).toBe(0)
    } else if (kind === 'close' || kind === 'error') {
      expect(frames).toEqual([CLOSE])
      expect(closed).toBe(1)
    } else if (takes.includes(kind)) {
      expect(closed).toBe(0)
    } else {
      expect(ending(frames)).toBe(STANZAS.includes(kind) ? 'not-authorized' : 'policy-violation')
      expect(closed).toBe(1)
    }
  })

  it.each(kinds)('<%s/> of another namespace is refused', (kind) => {
    if (state === 'closed') return
    const frame = FRAMES[kind].replace(/xmlns='[^']*'/, `xmlns='urn:other'`)
    const none = FRAMES[kind].replace(/ xmlns='[^']*'/, '')
    expect(ending(PEERS[state]().says(frame))).toBe('invalid-namespace')
    expect(ending(PEERS[state]().says(none))).toBe('invalid-namespace')
  })

  it('an unknown element is refused', () => {
    if (state === 'closed') return
    for (const frame of [`<x xmlns='jabber:client'/>`, `<toString xmlns='jabber:client'/>`]) {
      expect(ending(PEERS[state]().says(frame))).toBe('unsupported-stanza-type')
    }
  })
})
