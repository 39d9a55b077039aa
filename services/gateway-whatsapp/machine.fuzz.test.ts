import { answerOf } from '@isthmus/gateway-core/answer'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { ANSWERS, STREAM_ERRORS } from './answers.ts'
import { attribute, childOf, type Element } from './protocol/element.ts'
import { NS } from './protocol/namespaces.ts'
import { parse, streamCondition } from './testing/frames.ts'
import {
  acknowledge,
  base64,
  BIND,
  CLOSE,
  createPeer,
  DEVICE,
  ENABLE,
  message,
  OPEN,
  peerAt,
  PING,
  plain,
  PRESENCE,
  REQUEST,
  storedLetter,
  type Peer,
  type Step,
} from './testing/recorder.ts'

const STANZA_CONDITIONS = new Set([
  ...Object.values(ANSWERS).map(({ type, condition }) => `${type} ${condition}`),
  // IQ (docs/protocols/xmpp.md).
  ...['modify bad-request', 'cancel service-unavailable', 'cancel not-allowed'],
  'cancel item-not-found',
])
const SASL_FAILURES = new Set([
  ...['aborted', 'incorrect-encoding', 'invalid-authzid', 'invalid-mechanism'],
  ...['malformed-request', 'not-authorized', 'temporary-auth-failure'],
])
const MANAGEMENT_FAILURES = new Set(['unexpected-request', 'item-not-found', 'bad-request'])
const OTHERS = new Set(['open', 'close', 'features', 'challenge', 'success', 'enabled', 'resumed'])

/** Throws unless the frame is one that docs/protocols/xmpp.md knows of. */
const check = (frame: string): void => {
  const element = parse(frame)
  const first = element.children[0]?.name ?? ''
  const condition = streamCondition(frame)
  if (condition !== undefined) {
    expect(Object.keys(STREAM_ERRORS)).toContain(condition)
  } else if (element.ns === NS.client) {
    checkStanza(element)
  } else if (element.name === 'failure') {
    expect(SASL_FAILURES).toContain(first)
  } else if (element.name === 'failed') {
    expect(MANAGEMENT_FAILURES).toContain(first)
  } else if (element.ns === NS.management && ['r', 'a'].includes(element.name)) {
    expect(element.children).toEqual([])
  } else {
    expect(OTHERS).toContain(element.name)
  }
}

const checkStanza = (stanza: Element): void => {
  expect(['iq', 'message']).toContain(stanza.name)
  const error = childOf(stanza, 'error', NS.client)
  expect(error !== undefined).toBe(attribute(stanza, 'type') === 'error')
  if (!error) return
  const words = `${attribute(error, 'type')} ${error.children[0]?.name}`
  expect(STANZA_CONDITIONS).toContain(words)
}

const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
const SAMPLES = [
  ...[OPEN, CLOSE, plain(), BIND, ENABLE, PRESENCE, REQUEST, PING, message('m1')],
  ...[acknowledge(0), acknowledge(1), `<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>`],
  `<auth xmlns='${SASL}' mechanism='SCRAM-SHA-256'>${base64('n,,n=14155550123,r=c')}</auth>`,
  `<auth xmlns='${SASL}' mechanism='PLAIN'/>`,
  `<response xmlns='${SASL}'>${base64('c=biws,r=c,p=AA==')}</response>`,
  `<abort xmlns='${SASL}'/>`,
  `<iq xmlns='jabber:client' type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>`,
  `<message xmlns='jabber:client' to='a@b' id='1'><body>x</body></message>`,
]
const PIECES = [
  ...['<', '>', '/>', '</', `'`, '"', '=', '&', ';', '<!--', '-->', '<![CDATA[', ']]>', '<?x?>'],
  ...['<!DOCTYPE x>', '&x;', '&#0;', '\0', '\ufffe', '\ud800', ' ', '\n', ` xmlns='u'`, `p:`],
  ...[` h='9'`, ` type='set'`, ` to=''`, ` from='x'`, ` id=''`, '<a/>', '99999999999', 'x'],
]

/** A frame as it should be, with pieces put in, left out, repeated or moved. */
const mutated = fc
  .tuple(
    fc.constantFrom(...SAMPLES),
    fc.array(fc.tuple(fc.nat(600), fc.nat(20), fc.constantFrom('', '', ...PIECES)), {
      maxLength: 3,
    }),
  )
  .map(([frame, cuts]) =>
    cuts.reduce((text, [at, length, piece]) => {
      const start = at % (text.length + 1)
      return text.slice(0, start) + piece + text.slice(start + length)
    }, frame),
  )
const frames = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...SAMPLES) },
  { weight: 6, arbitrary: mutated },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
)

type Event =
  | { kind: 'frame'; frame: string | Uint8Array }
  | { kind: 'answer'; error: number }
  | { kind: 'letter' | 'accepted' | 'refused' | 'unavailable' | 'found' | 'away' }
  | { kind: 'time'; ms: number }

const word = fc.constantFrom(
  ...(['letter', 'accepted', 'refused', 'unavailable', 'found', 'away'] as const),
)
const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 8, arbitrary: frames.map((frame) => ({ kind: 'frame' as const, frame })) },
  { weight: 2, arbitrary: fc.nat(12).map((error) => ({ kind: 'answer' as const, error })) },
  { weight: 2, arbitrary: word.map((kind) => ({ kind })) },
  { weight: 1, arbitrary: fc.nat(200_000).map((ms) => ({ kind: 'time' as const, ms })) },
)

/** Tells the peer an event as the session would: answers for what was asked, letters in order. */
const tell = (peer: Peer, event: Event, told: { answers: number; letters: number }): string[] => {
  const { machine, effects } = peer
  const open = effects.closes.length === 0
  switch (event.kind) {
    case 'frame':
      return peer.says(event.frame)
    case 'time':
      return peer.advance(event.ms)
    case 'answer':
      if (!open || told.answers >= effects.submitted.length) return []
      told.answers += 1
      return peer.answers(answerOf(event.error as 0, 5))
    case 'letter':
      if (!open || effects.attached.length <= effects.detached) return []
      told.letters += 1
      machine.deliver(storedLetter(told.letters))
      break
    case 'accepted':
      machine.authenticated({ outcome: 'accepted', device: DEVICE })
      break
    case 'refused':
    case 'unavailable':
      machine.authenticated({ outcome: event.kind })
      break
    case 'found':
      machine.scramFound?.({ salt: new Uint8Array(16), iterations: 4096, verifiers: [] })
      break
    case 'away':
      machine.scramFound?.(undefined)
  }
  return peer.hears()
}

const STEPS: (Step | 'new')[] = [
  ...(['new', 'opened', 'authenticated', 'unbound', 'bound', 'managed', 'attached'] as const),
]

describe('whatever is said, in every state', () => {
  it.each(STEPS)('%s: only documented frames come out, and one close', (step) => {
    const stories = fc.array(events, { minLength: 1, maxLength: 25 })
    fc.assert(
      fc.property(stories, (story) => {
        const peer = step === 'new' ? createPeer() : peerAt(step)
        const told = { answers: 0, letters: 0 }
        for (const event of story) {
          const out = tell(peer, event, told)
          for (const frame of out) check(frame)
          const { closes } = peer.effects
          expect(closes.length).toBeLessThanOrEqual(1)
          if (closes.length === 1 && out.length > 0) expect(out.at(-1)).toBe(CLOSE)
        }
        // Nobody is another, and nobody who has not logged in does anything.
        for (const { device } of peer.effects.known) expect(device).toBe(DEVICE)
        peer.machine.disconnected?.()
      }),
      { numRuns: 400 },
    )
  })
})
