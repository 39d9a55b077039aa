import { describe, expect, it } from '@jest/globals'
import { ending, parse } from '../testing/frames.ts'
import {
  ACCEPTED,
  acknowledge,
  CLOSE,
  ENABLE,
  JID,
  message,
  peerAt,
  PING,
  PRESENCE,
  storedLetter,
  type Peer,
  type Step,
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
  return { peer, id: attribute(parse(enabled), 'id') ?? '' }
}

describe('a dropped socket', () => {
  /** Two letters and a refused message open, one letter acknowledged, a message unanswered. */
  const drop = (
    store: Store,
    end: (peer: Peer) => void = (peer) => peer.machine.disconnected?.(),
  ) => {
    const { peer, id } = managed({ store })
    peer.says(PRESENCE, message('m1'))
    peer.answers(ACCEPTED)
    deliver(peer, 1, 2)
    peer.says(PING)
    peer.says(message('m2'), PING)
    peer.says(acknowledge(1))
    end(peer)
    return id
  }
  const result = (id: string): string =>
    `<iq xmlns='jabber:client' type='result' id='${id}' to='${JID}'/>`

  it('is resumed: both counts go on, what is not a letter is sent again, letters are read again', () => {
    const store: Store = new Map()
    const id = drop(store)
    const peer = peerAt('unbound', { store, nonce: 'second' })
    const frames = peer.says(resume(id, 2))
    expect(frames).toEqual([
      // Presence, m1 and the first ping are handled; m2 and what came after it is not.
      `<resumed xmlns='${SM}' previd='${id}' h='3'/>`,
      result('p1'),
      result('p1'),
      R,
    ])
    expect(peer.effects.acknowledged).toEqual([2])
    expect(peer.effects.attached).toEqual([{ window: 128, after: 2 }])
    // The client sends again what was not counted.
    peer.says(message('m2'), PING)
    expect(peer.effects.submitted.map(({ envelope }) => envelope.id)).toEqual(['m2'])
    expect(peer.answers(ACCEPTED)).toEqual([A(5)])
    // Two results, one more, and a letter: counted on from 2.
    deliver(peer, 3)
    peer.says(acknowledge(6))
    expect(peer.effects.acknowledged).toEqual([2, 3])
    expect(ending(peer.says(acknowledge(7)))).toBe('undefined-condition')
  })

  it('can be resumed more than once, each time from the stream before', () => {
    const store: Store = new Map()
    const id = drop(store)
    const second = peerAt('unbound', { store, nonce: 'second' })
    second.says(resume(id, 2))
    second.machine.disconnected?.()
    const third = peerAt('unbound', { store, nonce: 'third' })
    expect(third.says(resume(id, 3))[1]).toBe(result('p1'))
    expect(store.size).toBe(0)
  })

  it('without presence is resumed without letters', () => {
    const store: Store = new Map()
    const { peer, id } = managed({ store })
    peer.machine.disconnected?.()
    const next = peerAt('unbound', { store, nonce: 'second' })
    expect(parse(next.says(resume(id, 0))[0]).name).toBe('resumed')
    expect(next.effects.attached).toEqual([])
    next.says(PRESENCE)
    expect(next.effects.attached).toEqual([{ window: 128 }])
  })

  it('is not resumed twice: an id is good for one use', () => {
    const store: Store = new Map()
    const id = drop(store)
    peerAt('unbound', { store }).says(resume(id, 2))
    const replay = peerAt('unbound', { store })
    expect(refusal(replay.says(resume(id, 2))[0])).toBe('item-not-found')
  })

  it('is not resumed by another device, and still is by its own', () => {
    const store: Store = new Map()
    const id = drop(store)
    const thief = peerAt('unbound', { store, device: 'EVxqdLNJd8JkVPqo1TVXCw' })
    expect(refusal(thief.says(resume(id, 2))[0])).toBe('item-not-found')
    expect(parse(peerAt('unbound', { store }).says(resume(id, 2))[0]).name).toBe('resumed')
  })

  it.each(['', 'x', 'x'.repeat(3000)])('is not resumed by a made-up id', (id) => {
    const peer = peerAt('unbound')
    expect(refusal(peer.says(resume(id, 0))[0])).toBe('item-not-found')
    expect(parse(peer.says(resume(id, 0))[0]).name).toBe('failed')
  })

  it('is not resumed by a value of another kind that lies under the id', () => {
    const store: Store = new Map([['hbCzFLyzv3pTLsQlgDLhUQ x', { outbound: 1 }]])
    expect(refusal(peerAt('unbound', { store }).says(resume('x', 0))[0])).toBe('item-not-found')
  })

  it('is not resumed with a count beyond what was sent', () => {
    const store: Store = new Map()
    const id = drop(store)
    expect(ending(peerAt('unbound', { store }).says(resume(id, 5)))).toBe('undefined-condition')
  })

  it('can be asked for without a count and is still there', () => {
    const store: Store = new Map()
    const id = drop(store)
    const peer = peerAt('unbound', { store })
    expect(refusal(peer.says(`<resume xmlns='${SM}' previd='${id}'/>`)[0])).toBe('bad-request')
    expect(parse(peer.says(resume(id, 2))[0]).name).toBe('resumed')
  })

  it.each(['replaced', 'going-away', 'slow-reader', 'rate-limited'] as const)(
    'is resumed after the goodbye "%s" too',
    (reason) => {
      const store: Store = new Map()
      const id = drop(store, (peer) => {
        peer.machine.goodbye(reason)
        expect(store.size).toBe(1)
        peer.machine.disconnected?.()
      })
      expect(parse(peerAt('unbound', { store }).says(resume(id, 2))[0]).name).toBe('resumed')
    },
  )

  it('is resumed once though its old socket ends later', () => {
    const store: Store = new Map()
    const { peer, id } = managed({ store })
    peer.machine.goodbye('replaced')
    const next = peerAt('unbound', { store, nonce: 'second' })
    next.says(resume(id, 0))
    peer.machine.disconnected?.()
    expect(store.size).toBe(0)
  })

  it.each([
    ['closed by its client', (peer: Peer) => void peer.says(CLOSE)],
    ['of a revoked device', (peer: Peer) => peer.machine.goodbye('revoked')],
    ['that sent too much', (peer: Peer) => peer.machine.goodbye('too-large')],
    ['that ended in a stream error', (peer: Peer) => void peer.says('<')],
  ])('%s is not resumed', (_name, end) => {
    const store: Store = new Map()
    drop(store, (peer) => {
      end(peer)
      peer.machine.disconnected?.()
    })
    expect(store.size).toBe(0)
  })

  it.each(['opened', 'authenticated', 'unbound', 'bound'] as Step[])(
    'before stream management (%s) keeps nothing',
    (step) => {
      const store: Store = new Map()
      peerAt(step, { store }).machine.disconnected?.()
      expect(store.size).toBe(0)
    },
  )
})
