import { describe, expect, it } from '@jest/globals'
import { ending, parse } from '../testing/frames.ts'
import {
  ACCEPTED,
  acknowledge,
  ENABLE,
  JID,
  message,
  peerAt,
  PING,
  PRESENCE,
  REQUEST,
  SEALED,
  START,
  storedLetter,
  type Peer,
  type Store,
} from '../testing/recorder.ts'
import { attribute } from './element.ts'

const A = (h: number): string => `<a xmlns='urn:xmpp:sm:3' h='${h}'/>`
const R = `<r xmlns='urn:xmpp:sm:3'/>`
const SM = 'urn:xmpp:sm:3'
const resume = (previd: string, h: number | string): string =>
  `<resume xmlns='${SM}' previd='${previd}' h='${h}'/>`
const refusal = (frame: string | undefined): string | undefined => {
  const element = parse(frame)
  return element.name === 'failed' && element.ns === SM ? element.children[0]?.name : undefined
}

const deliver = (peer: Peer, ...sequences: number[]): string[] => {
  for (const sequence of sequences) peer.machine.deliver(storedLetter(sequence))
  return peer.hears()
}

/** A client that has stream management, and what it can resume by. */
const managed = (options: { store?: Store; device?: string; nonce?: string } = {}) => {
  const peer = peerAt('bound', options)
  const [enabled] = peer.says(ENABLE)
  peer.says(acknowledge(0))
  return { peer, id: attribute(parse(enabled), 'id') ?? '' }
}

describe('enable', () => {
  it('says what the session can be resumed by, and for how long', () => {
    const { id } = managed()
    expect(id).toMatch(/^[\w-]{22}$/)
    expect(peerAt('bound').says(ENABLE)).toEqual([
      `<enabled xmlns='${SM}' id='${id}' resume='true' max='300'/>`,
      R,
    ])
  })

  it('without resumption says nothing of it, and nothing is kept', () => {
    const store: Store = new Map()
    const peer = peerAt('bound', { store })
    expect(peer.says(`<enable xmlns='${SM}'/>`)).toEqual([`<enabled xmlns='${SM}'/>`, R])
    peer.machine.disconnected?.()
    expect(store.size).toBe(0)
  })

  it('is for after a resource was bound, and once', () => {
    expect(refusal(peerAt('unbound').says(ENABLE)[0])).toBe('unexpected-request')
    expect(ending(peerAt('managed').says(ENABLE))).toBe('policy-violation')
  })

  it('begins both counts at 0', () => {
    const peer = peerAt('bound')
    peer.says(PING, PRESENCE, message('m1'))
    peer.says(ENABLE)
    expect(peer.says(REQUEST)).toEqual([A(0)])
    expect(peer.answers(ACCEPTED)).toEqual([A(0)])
    const [, ...more] = peer.says(PING, REQUEST)
    // The request that came with <enabled/> is still open.
    expect(more).toEqual([A(1)])
    peer.says(acknowledge(1))
    expect(ending(peer.says(acknowledge(2)))).toBe('undefined-condition')
  })

  it('must come before the rest of stream management', () => {
    for (const frame of [REQUEST, acknowledge(0)]) {
      expect(refusal(peerAt('bound').says(frame)[0])).toBe('unexpected-request')
    }
    expect(refusal(peerAt('bound').says(resume('x', 0))[0])).toBe('unexpected-request')
    expect(refusal(peerAt('managed').says(resume('x', 0))[0])).toBe('unexpected-request')
  })
})

describe('letters', () => {
  it('come once there are stream management and presence, whichever is last', () => {
    const first = peerAt('bound')
    first.says(PRESENCE)
    expect(first.effects.attached).toEqual([])
    first.says(ENABLE)
    // Not before the client has shown that it counts from here on.
    expect(first.effects.attached).toEqual([])
    first.says(acknowledge(0))
    first.says(acknowledge(0))
    expect(first.effects.attached).toEqual([{ window: 128 }])
    const second = peerAt('managed')
    expect(second.effects.attached).toEqual([])
    second.says(PRESENCE, PRESENCE)
    expect(second.effects.attached).toEqual([{ window: 128 }])
  })

  it('stop with unavailable presence, and come again with presence', () => {
    const peer = peerAt('attached')
    deliver(peer, 1, 2)
    peer.says(acknowledge(1))
    peer.says(PRESENCE.replace('/>', ` type='unavailable'/>`))
    expect(peer.effects.detached).toBe(1)
    peer.says(PRESENCE)
    expect(peer.effects.attached).toEqual([{ window: 128 }, { window: 128, after: 1 }])
  })

  it('are not stopped by presence for others', () => {
    const peer = peerAt('attached')
    for (const type of ['unavailable', 'subscribe', 'probe']) {
      peer.says(`<presence xmlns='jabber:client' to='x@y' type='${type}'/>`)
    }
    expect(peer.says(`<presence xmlns='jabber:client' type='nonsense'/>`)).toEqual([])
    expect(peer.effects).toMatchObject({ detached: 0, closes: [] })
  })

  it('are stanzas, and one request for all of a turn', () => {
    const peer = peerAt('attached')
    const frames = deliver(peer, 12, 13)
    expect(frames).toEqual([
      `<message xmlns='jabber:client' from='whatsapp.isthmus.localhost' to='${JID}' id='12' ` +
        `type='chat'><letter xmlns='urn:isthmus:sealed:1' sequence='12' accepted='${START}'>` +
        `${SEALED.toString('base64')}</letter></message>`,
      frames[1],
      R,
    ])
    expect(deliver(peer, 14)).toHaveLength(1)
  })

  it('are acknowledged by the count, with whatever else was sent among them', () => {
    const peer = peerAt('attached')
    deliver(peer, 3)
    peer.says(PING)
    deliver(peer, 7)
    peer.says(acknowledge(0))
    expect(peer.effects.acknowledged).toEqual([])
    expect(peer.says(acknowledge(2))).toEqual([R])
    expect(peer.says(acknowledge(2))).toEqual([])
    expect(peer.says(acknowledge(3))).toEqual([])
    expect(peer.effects.acknowledged).toEqual([3, 7])
  })

  it('are asked about again when the client has not got on, but not at once', () => {
    const peer = peerAt('attached')
    deliver(peer, 1)
    expect(peer.says(acknowledge(0))).toEqual([])
    expect(peer.advance(4999)).toEqual([])
    expect(peer.advance(1)).toEqual([R])
    expect(peer.says(acknowledge(1))).toEqual([])
    expect(peer.advance(5000)).toEqual([])
  })

  it('that are damaged end the stream rather than go missing', () => {
    const peer = peerAt('attached')
    const letter = { ...storedLetter(1), bytes: new Uint8Array([0xff]) }
    peer.machine.deliver(letter)
    expect(ending(peer.hears())).toBe('internal-server-error')
    expect(peer.effects.closes[0]?.code).toBe(1011)
  })
})

describe('a client that begins its count late', () => {
  it('gets no letters before it has shown that it counts', () => {
    const peer = peerAt('bound')
    expect(peer.says(ENABLE, PRESENCE).slice(1)).toEqual([R])
    expect(peer.effects.attached).toEqual([])
    expect(peer.says(acknowledge(0))).toEqual([])
    expect(peer.effects.attached).toHaveLength(1)
  })

  it('is asked again when it says the count of the stream before', () => {
    const peer = peerAt('bound')
    peer.says(ENABLE, PRESENCE)
    expect(peer.says(acknowledge(57))).toEqual([R])
    expect(peer.says(acknowledge(57))).toEqual([R])
    expect(peer.effects.attached).toEqual([])
    peer.says(acknowledge(0))
    expect(peer.effects.attached).toHaveLength(1)
  })

  it('is not asked for ever', () => {
    const peer = peerAt('bound')
    peer.says(ENABLE, PRESENCE)
    peer.says(acknowledge(57), acknowledge(57))
    expect(ending(peer.says(acknowledge(57)))).toBe('undefined-condition')
  })
})

describe('a count that can not be', () => {
  it.each([1, 4, 2 ** 31, 2 ** 32 - 1])('h=%i of nothing sent ends the stream', (h) => {
    const frames = peerAt('attached').says(acknowledge(h))
    expect(ending(frames)).toBe('undefined-condition')
    const specific = parse(frames[0]).children.find(({ ns }) => ns === SM)
    expect(specific?.name).toBe('handled-count-too-high')
    expect(specific && attribute(specific, 'h')).toBe(String(h))
    expect(specific && attribute(specific, 'send-count')).toBe('0')
  })

  it.each(['', '-1', '1.5', '0x1', ' 1', '4294967296', '99999999999', 'NaN'])(
    'h=%j ends the stream',
    (h) => {
      expect(ending(peerAt('attached').says(acknowledge(h)))).toBe('bad-format')
    },
  )

  it('is not taken back', () => {
    const peer = peerAt('attached')
    deliver(peer, 1, 2)
    peer.says(acknowledge(2))
    expect(ending(peer.says(acknowledge(1)))).toBe('undefined-condition')
    expect(peer.effects.acknowledged).toEqual([2])
  })
})

describe('a client that acknowledges nothing', () => {
  it('is let go before it costs much memory', () => {
    const peer = peerAt('managed')
    let sent = 0
    while (peer.effects.closes.length === 0 && sent < 10_000) {
      peer.says(PING)
      sent += 1
    }
    expect(sent).toBe(641)
    expect(peer.effects.closes).toEqual([{ code: 1013, reason: 'resource-constraint' }])
  })

  it('is let go earlier if what it leaves is long', () => {
    const peer = peerAt('managed')
    const long = PING.replace(`'p1'`, `'${'p'.repeat(3000)}'`)
    let sent = 0
    while (peer.effects.closes.length === 0 && sent < 10_000) {
      peer.says(long)
      sent += 1
    }
    expect(sent).toBeLessThan(180)
  })
})
