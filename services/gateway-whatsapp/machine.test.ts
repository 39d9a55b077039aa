import { answerOf } from '@isthmus/gateway-core/answer'
import { describe, expect, it } from '@jest/globals'
import type { GoodbyeReason } from '@isthmus/gateway-core/protocol'
import { ErrorCode } from '@isthmus/proto/codec'
import { GOODBYES } from './answers.ts'
import { xmppProtocol } from './machine.ts'
import { ending, parse, streamCondition } from './testing/frames.ts'
import {
  ACCEPTED,
  acknowledge,
  createPeer,
  message,
  peerAt,
  PING,
  storedLetter,
  type Step,
  type Store,
} from './testing/recorder.ts'

const R = `<r xmlns='urn:xmpp:sm:3'/>`

describe('the factory', () => {
  it('says what the WebSocket shell needs', () => {
    expect(xmppProtocol).toMatchObject({
      subprotocol: 'xmpp',
      path: '/xmpp-websocket',
      mergeFrames: false,
    })
    // The largest submission fits: 1 MiB of letters in base64, and the elements around 64 of them.
    expect(xmppProtocol.maxFrameBytes).toBeGreaterThan((1_048_576 * 4) / 3 + 64 * 80 + 4096)
  })
})

describe('a silent client', () => {
  it('with stream management is asked for its count, then let go, and can resume', () => {
    const store: Store = new Map()
    const peer = peerAt('attached', { store })
    expect(peer.advance(119_999)).toEqual([])
    expect(peer.advance(1)).toEqual([R])
    expect(peer.advance(29_999)).toEqual([])
    expect(ending(peer.advance(1))).toBe('connection-timeout')
    expect(peer.effects.closes[0]?.code).toBe(1013)
    expect(store.size).toBe(1)
  })

  it('without stream management is pinged (XEP-0199)', () => {
    const peer = peerAt('bound')
    const [ping] = peer.advance(120_000)
    expect(parse(ping).children[0]).toMatchObject({ name: 'ping', ns: 'urn:xmpp:ping' })
    expect(ending(peer.advance(30_000))).toBe('connection-timeout')
  })

  it('is there again with any frame', () => {
    const peer = peerAt('attached')
    peer.advance(120_000)
    peer.advance(29_999)
    peer.says(acknowledge(0))
    expect(peer.advance(119_999)).toEqual([])
    expect(peer.advance(1)).toEqual([R])
  })

  it('is asked though it never answered an earlier request', () => {
    const peer = peerAt('attached')
    peer.machine.deliver(storedLetter(1))
    expect(peer.hears()).toContain(R)
    expect(peer.advance(120_000)).toEqual([R])
  })

  it('before authentication is not the protocol\u2019s matter', () => {
    expect(createPeer().machine.deadline()).toBe(Infinity)
    expect(peerAt('opened').machine.deadline()).toBe(Infinity)
  })
})

describe('a goodbye', () => {
  const reasons = Object.keys(GOODBYES) as GoodbyeReason[]
  const steps: (Step | 'new')[] = ['new', 'opened', 'unbound', 'attached']

  it.each(reasons.flatMap((reason) => steps.map((step) => [reason, step] as const)))(
    '%s, %s: says its reason and closes',
    (reason, step) => {
      const peer = step === 'new' ? createPeer() : peerAt(step)
      peer.machine.goodbye(reason)
      const frames = peer.hears()
      expect(ending(frames)).toBe(GOODBYES[reason].condition)
      expect(parse(frames[0]).name).toBe(step === 'new' ? 'open' : 'error')
      const { code, condition } = GOODBYES[reason]
      expect(peer.effects.closes).toEqual([{ code, reason: condition }])
    },
  )

  it('comes after the answers that were there before it', () => {
    const peer = peerAt('managed')
    peer.says(message('m1'))
    peer.machine.answered(1, ACCEPTED)
    peer.machine.goodbye('going-away')
    const [a, error] = peer.hears()
    expect(a).toBe(`<a xmlns='urn:xmpp:sm:3' h='1'/>`)
    expect(streamCondition(error)).toBe('system-shutdown')
  })

  it('is the last word', () => {
    const peer = peerAt('attached')
    peer.says(message('m1'))
    peer.machine.goodbye('replaced')
    peer.hears()
    peer.machine.goodbye('going-away')
    peer.machine.answered(1, answerOf(ErrorCode.REFUSED))
    peer.machine.deliver(storedLetter(1))
    peer.machine.settle?.()
    expect(peer.says(PING)).toEqual([])
    expect(peer.machine.deadline()).toBe(Infinity)
    peer.machine.disconnected?.()
    expect(peer.effects.closes).toHaveLength(1)
  })
})

describe('a client that sends too much of other things', () => {
  const chat = `<message xmlns='jabber:client' id='1'><body>${'x'.repeat(409_500)}</body></message>`

  it.each([
    ['requests', PING, 1000],
    ['large messages in the clear', chat, 9],
  ])('of %s is let go, and can resume', (_name, frame, allowed) => {
    const store: Store = new Map()
    const peer = peerAt('attached', { store })
    let counted = 0
    const say = (): string[] => {
      const frames = peer.says(frame)
      if (peer.effects.closes.length > 0) return frames
      counted += 1
      return peer.says(acknowledge(counted))
    }
    // The frames of the log-in counted too.
    for (let at = 0; at < allowed - 6; at++) say()
    expect(peer.effects.closes).toEqual([])
    let last: string[] = []
    for (let at = 0; at < 7 && peer.effects.closes.length === 0; at++) last = say()
    expect(ending(last)).toBe('policy-violation')
    expect(peer.effects.closes).toEqual([{ code: 1013, reason: 'policy-violation' }])
    expect(store.size).toBe(1)
  })

  it('is not one that sends and acknowledges a lot', () => {
    const peer = peerAt('attached')
    for (let at = 1; at <= 3000; at++) {
      peer.machine.deliver(storedLetter(at))
      peer.says(message(`m${at}`), acknowledge(at), `<r xmlns='urn:xmpp:sm:3'/>`)
      peer.answers(ACCEPTED)
    }
    expect(peer.effects.closes).toEqual([])
  })

  it('is forgiven with time', () => {
    const peer = peerAt('bound')
    for (let at = 0; at < 3000; at++) {
      peer.says(PING)
      peer.advance(10)
    }
    expect(peer.effects.closes).toEqual([])
  })
})

it('takes no binary frame', () => {
  expect(ending(peerAt('bound').says(new Uint8Array([0x3c])))).toBe('bad-format')
})
