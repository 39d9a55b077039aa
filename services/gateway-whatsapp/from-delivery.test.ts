import { describe, expect, it } from '@jest/globals'
import { delivery } from '@isthmus/proto/codec'
import fc from 'fast-check'
import { fromDelivery } from './from-delivery.ts'
import { decodeBase64 } from './protocol/base64.ts'
import { attribute, childOf } from './protocol/element.ts'
import { NS } from './protocol/namespaces.ts'
import { parse } from './testing/frames.ts'
import { DOMAIN, JID } from './testing/recorder.ts'

const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })

describe('a letter', () => {
  it('becomes a stanza that gives back its bytes, its sequence and its time', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1 }),
        number,
        number,
        (sealed, sequence, acceptedAt) => {
          const bytes = delivery.encode({ sealed, acceptedAt })
          const stanza = parse(fromDelivery({ sequence, previous: 0, bytes }, DOMAIN, JID))
          const letter = childOf(stanza, 'letter', NS.sealed)
          expect(attribute(stanza, 'id')).toBe(String(sequence))
          expect(letter && attribute(letter, 'sequence')).toBe(String(sequence))
          expect(letter && attribute(letter, 'accepted')).toBe(String(acceptedAt))
          expect(Buffer.from(sealed).equals(decodeBase64(letter?.text ?? '') ?? Buffer.of())).toBe(
            true,
          )
        },
      ),
    )
  })

  it('that is damaged becomes none, never a crash', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const stanza = fromDelivery({ sequence: 1, previous: 0, bytes }, DOMAIN, JID)
        if (stanza !== undefined) parse(stanza)
      }),
    )
  })
})
