/** The inbox subscription. */
import { describe, expect, test } from '@jest/globals'
import {
  ACCEPTED,
  base64,
  Harness,
  INBOX,
  sealedBytes,
  SEND,
  sendVariables,
  START,
} from '../testing/harness.ts'

const letter = (sequence: number): object => ({
  sequence,
  sealed: base64(sealedBytes(sequence)),
  acceptedAt: START + sequence,
})

describe('inbox', () => {
  test('attaches with the window, and sends a result a letter', () => {
    const harness = new Harness().connect()
    harness.subscribe('in', INBOX)
    expect(harness.takeEffects()).toEqual([{ effect: 'attach', window: 128 }])
    expect(harness.take()).toEqual([])
    harness.deliver(1)
    harness.deliver(2)
    expect(harness.take()).toEqual([
      { id: 'in', type: 'next', payload: { data: { inbox: letter(1) } } },
      { id: 'in', type: 'next', payload: { data: { inbox: letter(2) } } },
    ])
  })

  test.each([
    [{ after: 41 }, { after: 41 }],
    [{ after: 0 }, { after: 0 }],
    [{ after: null }, {}],
    [{}, {}],
  ])('with variables %j attaches with %j', (variables, expected) => {
    const harness = new Harness().connect()
    harness.subscribe('in', INBOX, variables)
    expect(harness.takeEffects()).toEqual([{ effect: 'attach', window: 128, ...expected }])
  })

  test.each([-1, 0.5, 2 ** 53, '5', []])('after %j is refused', (after) => {
    const harness = new Harness().connect()
    harness.subscribe('in', INBOX, { after })
    expect(harness.take()).toMatchObject([{ id: 'in', type: 'error' }])
    expect(harness.takeEffects()).toEqual([])
  })

  test('gives the fields that were asked for, in their order and under their names', () => {
    const harness = new Harness().connect()
    harness.subscribe(
      'in',
      `subscription ($no: Boolean!) {
        ...Letters
        letters: inbox(after: 3) { __typename sealed @skip(if: $no) nr: sequence }
      }
      fragment Letters on Subscription {
        letters: inbox(after: 3) { ... on Letter { at: acceptedAt sealed @include(if: false) } }
      }`,
      { no: true },
    )
    expect(harness.takeEffects()).toEqual([{ effect: 'attach', window: 128, after: 3 }])
    harness.deliver(4)
    expect(harness.frames).toEqual([
      `{"id":"in","type":"next","payload":{"data":{"letters":{"at":${START + 4},"__typename":"Letter","nr":4}}}}`,
    ])
  })

  test('with all its fields skipped gives empty letters', () => {
    const harness = new Harness().connect()
    harness.subscribe('in', 'subscription { inbox { sequence @skip(if: true) } }')
    harness.deliver(1)
    expect(harness.take()).toMatchObject([{ payload: { data: { inbox: {} } } }])
  })

  test('is one at a time on a socket', () => {
    const harness = new Harness().connect()
    harness.subscribe('one', INBOX)
    harness.subscribe('two', INBOX)
    expect(harness.take()).toEqual([
      {
        id: 'two',
        type: 'error',
        payload: [
          {
            message: 'This socket has its inbox subscription already: complete that one first.',
            extensions: { code: 'MALFORMED' },
          },
        ],
      },
    ])
    harness.deliver(1)
    expect(harness.take()).toMatchObject([{ id: 'one', type: 'next' }])
  })

  test('under an id in use closes with 4409, also if that one is the inbox itself', () => {
    const harness = new Harness().connect()
    harness.subscribe('in', INBOX)
    harness.subscribe('in', INBOX)
    expect(harness.closes).toEqual([{ code: 4409, reason: 'Subscriber for in already exists' }])
  })

  test('ends with complete: detaches, tells nothing more, and may begin again', () => {
    const harness = new Harness().connect()
    harness.subscribe('in', INBOX)
    harness.complete('in')
    expect(harness.takeEffects().map(({ effect }) => effect)).toEqual(['attach', 'detach'])
    harness.deliver(1)
    expect(harness.take()).toEqual([])
    harness.subscribe('in', INBOX, { after: 1 })
    expect(harness.takeEffects()).toEqual([{ effect: 'attach', window: 128, after: 1 }])
    harness.deliver(2)
    expect(harness.take()).toMatchObject([{ id: 'in', type: 'next' }])
  })

  test('is not ended by the complete of another operation', () => {
    const harness = new Harness().connect()
    harness.subscribe('in', INBOX)
    harness.subscribe('op', SEND, sendVariables('m1'))
    harness.complete('op')
    harness.machine.answered(1, ACCEPTED)
    harness.deliver(1)
    expect(harness.take()).toMatchObject([{ id: 'in', type: 'next' }])
  })

  test('tells of a letter that is damaged in the store, so that the client can pass it', () => {
    const harness = new Harness().connect()
    harness.subscribe('in', INBOX)
    harness.machine.deliver({ sequence: 5, previous: 4, bytes: new Uint8Array([0xff, 0xff]) })
    harness.deliver(6)
    expect(harness.take()).toMatchObject([
      {
        id: 'in',
        type: 'next',
        payload: {
          data: null,
          errors: [{ path: ['inbox'], extensions: { code: 'MALFORMED', sequence: 5 } }],
        },
      },
      { id: 'in', type: 'next', payload: { data: { inbox: { sequence: 6 } } } },
    ])
    expect(harness.closes).toEqual([])
  })

  test('opened again and again uses up what a socket may ask for', () => {
    const harness = new Harness().connect()
    let refused: unknown
    for (let count = 0; count < 1000 && !refused; count++) {
      harness.subscribe('in', INBOX)
      harness.complete('in')
      refused = harness.take()[0]?.payload
    }
    expect(refused).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }])
    harness.now += 60_000
    harness.subscribe('in', INBOX)
    expect(harness.take()).toEqual([])
  })
})
