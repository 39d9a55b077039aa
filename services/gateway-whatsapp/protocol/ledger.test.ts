import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Inbound, Outbound } from './ledger.ts'

const LAST = 2 ** 32 - 1

describe('what the client sent', () => {
  it('counts a message when it is answered', () => {
    const inbound = new Inbound()
    inbound.begin()
    inbound.message('m1', 'a@b')
    expect(inbound.handled).toBe(0)
    expect(inbound.answered()).toMatchObject({ id: 'm1', to: 'a@b' })
    expect(inbound.handled).toBe(1)
  })

  it('counts other stanzas at once, but not ahead of a message before them', () => {
    const inbound = new Inbound()
    inbound.begin()
    inbound.other()
    inbound.message('m1', undefined)
    inbound.other()
    inbound.message('m2', undefined)
    inbound.other()
    inbound.other()
    expect(inbound.handled).toBe(1)
    inbound.answered()
    expect(inbound.handled).toBe(3)
    inbound.answered()
    expect(inbound.handled).toBe(6)
  })

  it('does not count what came before the count began', () => {
    const inbound = new Inbound()
    inbound.other()
    inbound.message('m1', undefined)
    inbound.begin()
    inbound.other()
    inbound.answered()
    expect(inbound.handled).toBe(1)
  })

  it('wraps from 2^32 - 1 to 0', () => {
    const inbound = new Inbound()
    inbound.begin(LAST)
    inbound.other()
    expect(inbound.handled).toBe(0)
    inbound.message('m1', undefined)
    inbound.other()
    inbound.answered()
    expect(inbound.handled).toBe(2)
  })

  it('never counts a stanza ahead of one before it, whatever the order of answers', () => {
    const events = fc.array(fc.constantFrom('message', 'other', 'answer'), { maxLength: 60 })
    fc.assert(
      fc.property(events, (story) => {
        const inbound = new Inbound()
        inbound.begin()
        const stanzas: boolean[] = []
        for (const event of story) {
          if (event === 'message') {
            inbound.message('', undefined)
            stanzas.push(false)
          } else if (event === 'other') {
            inbound.other()
            stanzas.push(true)
          } else {
            inbound.answered()
            const oldest = stanzas.indexOf(false)
            if (oldest !== -1) stanzas[oldest] = true
          }
          const open = stanzas.indexOf(false)
          expect(inbound.handled).toBe(open === -1 ? stanzas.length : open)
        }
      }),
    )
  })
})

describe('what the gateway sent', () => {
  it('maps a count to the highest letter that it covers', () => {
    const outbound = new Outbound()
    outbound.sentLetter(7)
    outbound.sentStanza('<iq/>')
    outbound.sentLetter(9)
    expect(outbound).toMatchObject({ unacknowledged: 3, characters: 5, count: 3, letter: 0 })
    expect(outbound.acknowledge(2)).toBe(true)
    expect(outbound).toMatchObject({ unacknowledged: 1, characters: 0, count: 3, letter: 7 })
    expect(outbound.acknowledge(3)).toBe(true)
    expect(outbound).toMatchObject({ unacknowledged: 0, letter: 9 })
  })

  it('refuses a count beyond what was sent, and one that goes back', () => {
    const outbound = new Outbound()
    outbound.sentLetter(1)
    expect(outbound.acknowledge(2)).toBe(false)
    expect(outbound.acknowledge(LAST)).toBe(false)
    expect(outbound.acknowledge(1)).toBe(true)
    expect(outbound.acknowledge(0)).toBe(false)
    expect(outbound.letter).toBe(1)
  })

  it('sends again what is not acknowledged and not a letter', () => {
    const outbound = new Outbound()
    for (const stanza of ['<a/>', '<b/>', '<c/>']) outbound.sentStanza(stanza)
    outbound.sentLetter(1)
    outbound.acknowledge(1)
    expect(outbound.resend()).toEqual(['<b/>', '<c/>'])
    expect(outbound).toMatchObject({ unacknowledged: 2, characters: 8, count: 3 })
    expect(outbound.acknowledge(3)).toBe(true)
    expect(outbound.unacknowledged).toBe(0)
  })

  it('wraps from 2^32 - 1 to 0', () => {
    const outbound = new Outbound(LAST - 1)
    for (const sequence of [1, 2, 3]) outbound.sentLetter(sequence)
    expect(outbound.count).toBe(1)
    expect(outbound.acknowledge(2)).toBe(false)
    expect(outbound.acknowledge(LAST)).toBe(true)
    expect(outbound.letter).toBe(1)
    expect(outbound.acknowledge(0)).toBe(true)
    expect(outbound.acknowledge(1)).toBe(true)
    expect(outbound).toMatchObject({ unacknowledged: 0, count: 1, letter: 3 })
  })

  it('agrees with a plain list over any story, and holds no more than is open', () => {
    const events = fc.array(
      fc.oneof(
        fc.constant({ kind: 'letter' as const }),
        fc.constant({ kind: 'stanza' as const }),
        fc.record({ kind: fc.constant('acknowledge' as const), share: fc.nat(100) }),
      ),
      { maxLength: 300 },
    )
    fc.assert(
      fc.property(events, (story) => {
        const outbound = new Outbound()
        let open: number[] = []
        let acknowledged = 0
        let sequence = 0
        for (const event of story) {
          if (event.kind === 'acknowledge') {
            const covered = Math.floor((open.length * event.share) / 100)
            acknowledged += covered
            open = open.slice(covered)
            expect(outbound.acknowledge(acknowledged)).toBe(true)
          } else {
            sequence += 1
            open.push(sequence)
            if (event.kind === 'letter') outbound.sentLetter(sequence)
            else outbound.sentStanza('<iq/>')
          }
          expect(outbound.unacknowledged).toBe(open.length)
          expect(outbound.count).toBe(acknowledged + open.length)
        }
      }),
    )
  })
})
