/**
 * Whatever comes, in whatever state: only messages of the protocol, errors of the closed set and
 * documented closes go out. graphql-ws' own check decides what a message of the protocol is.
 */
import type { GoodbyeReason } from '@isthmus/gateway-core/protocol'
import { ErrorCode } from '@isthmus/proto/codec'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { validateMessage } from 'graphql-ws'
import { ANSWERS, CLOSES, GOODBYES } from './answers.ts'
import {
  ACCEPTED,
  ACKNOWLEDGE,
  ADDRESS,
  DEVICE,
  Harness,
  INBOX,
  refusal,
  SEND,
  sendVariables,
  TOKEN,
} from './testing/harness.ts'

const subscribe = (id: string, query: string, variables: object): object => ({
  type: 'subscribe',
  id,
  payload: { query, variables },
})

/** One of each thing that a client may say. */
const VALID: readonly string[] = [
  { type: 'connection_init', payload: { address: ADDRESS, token: TOKEN } },
  { type: 'ping', payload: { at: 5 } },
  { type: 'pong' },
  subscribe('1', SEND, sendVariables('m1')),
  subscribe('2', SEND, { ...sendVariables('m2'), ttl: 60 }),
  subscribe('3', ACKNOWLEDGE, { upTo: 3 }),
  subscribe('4', INBOX, { after: 2 }),
  subscribe('5', '{ me { address device } __schema { types { name } } }', {}),
  subscribe('6', 'query A { me { ...F } } fragment F on Me { device @skip(if: false) }', {}),
  subscribe(
    '7',
    'mutation { a: acknowledge(upTo: 1) send(to: "instagram:b", id: "x", letters: [{ device: "d", sealed: "AAAA" }]) { id } }',
    {},
  ),
  { type: 'complete', id: '1' },
  { type: 'complete', id: '4' },
].map((message) => JSON.stringify(message))

const valid = fc.constantFrom(...VALID)

const PIECES = [...Array.from('{}[]":,$@!.#\\x0-9e \n\0é\ud83d'), '__proto__', '...', 'null']

/** A valid message with a few characters taken out, put in, doubled or changed. */
const mutated = fc
  .tuple(
    valid,
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 3 }), fc.constantFrom(...PIECES)), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([text, edits]) => {
    let result = text
    for (const [at, length, put] of edits) {
      const from = at % (result.length + 1)
      result = result.slice(0, from) + put + result.slice(from + length)
    }
    return result
  })

/** A valid message in which one member has another value. */
const replaced = fc
  .tuple(valid, fc.nat(), fc.jsonValue({ maxDepth: 3 }))
  .map(([text, which, value]) => {
    let count = 0
    const total = (text.match(/":/g) ?? []).length
    return JSON.stringify(JSON.parse(text), (_, old: unknown) =>
      count++ === (which % total) + 1 ? value : old,
    )
  })

const frames = fc.oneof(
  { weight: 4, arbitrary: valid },
  { weight: 3, arbitrary: mutated },
  { weight: 3, arbitrary: replaced },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.uint8Array() },
)

const errorCodes = fc.constantFrom(...Object.values(ErrorCode))
type Event = (harness: Harness) => void

const events: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 40,
    arbitrary: frames.map(
      (frame): Event =>
        (h) =>
          h.machine.receive(frame, h.now),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.nat({ max: 70_000 }).map(
      (ms): Event =>
        (h) =>
          h.passMs(ms),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.nat({ max: 50 }).map(
      (sequence): Event =>
        (h) =>
          h.deliver(sequence),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.uint8Array({ maxLength: 20 }).map(
      (bytes): Event =>
        (h) =>
          h.machine.deliver({ sequence: 9, previous: 8, bytes }),
    ),
  },
  {
    weight: 10,
    arbitrary: fc.tuple(fc.nat({ max: 6 }), errorCodes).map(
      ([reference, error]): Event =>
        (h) =>
          h.machine.answered(reference, refusal(error)),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.constantFrom<Event[]>(
      (h) => h.machine.authenticated({ outcome: 'accepted', device: DEVICE }),
      (h) => h.machine.authenticated({ outcome: 'refused' }),
      (h) => h.machine.authenticated({ outcome: 'unavailable' }),
      (h) => h.machine.settle?.(),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...(Object.keys(GOODBYES) as GoodbyeReason[])).map(
      (reason): Event =>
        (h) =>
          h.machine.goodbye(reason),
    ),
  },
)

const STARTS: Readonly<Record<string, Event>> = {
  opened: () => undefined,
  authenticating: (h) => h.receive(VALID[0] ?? ''),
  acknowledged: (h) => void h.connect(),
  busy: (h) => {
    h.connect()
    h.subscribe('1', SEND, sendVariables('m1'))
    h.subscribe('4', INBOX)
  },
}

// Never 4500: that would be a fault of ours.
const CLOSE_CODES: readonly number[] = [...Object.values(CLOSES), ...Object.values(GOODBYES)]
  .map(({ code }) => code)
  .filter((code) => code !== CLOSES.internal.code)
const ERROR_CODES: readonly string[] = Object.values(ANSWERS).map(({ code }) => code)

const expectDocumented = (harness: Harness): void => {
  expect(harness.closes.length).toBeLessThanOrEqual(1)
  for (const { code, reason } of harness.closes) {
    expect(CLOSE_CODES).toContain(code)
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123)
    expect(reason).not.toMatch(/[<>]/)
  }
  for (const message of harness.take()) {
    expect(validateMessage(message)).toBeTruthy()
    for (const { extensions } of errorsIn(message.payload)) {
      expect(ERROR_CODES).toContain(extensions.code)
    }
  }
}

const errorsIn = (payload: unknown): { extensions: { code: string } }[] => {
  if (Array.isArray(payload)) return payload as never
  const { errors = [] } = (payload ?? {}) as { errors?: never[] }
  return errors
}

test.each(Object.keys(STARTS))('%s: only what is documented comes out', (start) => {
  fc.assert(
    fc.property(fc.array(events, { minLength: 1, maxLength: 12 }), (story) => {
      const harness = new Harness()
      STARTS[start]?.(harness)
      for (const event of story) {
        event(harness)
        expectDocumented(harness)
      }
      expect({}).not.toHaveProperty('address')
    }),
    { numRuns: 700 },
  )
})

test('a single frame, many of them: each is either taken, refused or closes', () => {
  fc.assert(
    fc.property(fc.oneof(mutated, replaced), (frame) => {
      const harness = new Harness().connect()
      harness.receive(frame)
      expectDocumented(harness)
      const submitted = harness.takeEffects().filter(({ effect }) => effect === 'submit')
      for (const _ of submitted) harness.machine.answered(1, ACCEPTED)
      expectDocumented(harness)
    }),
    { numRuns: 4000 },
  )
})
