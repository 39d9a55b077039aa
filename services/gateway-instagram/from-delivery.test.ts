import { delivery } from '@isthmus/proto/codec'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fromDelivery } from './from-delivery.ts'

test('a stored letter comes out with its own sequence, bytes and time', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 500 }),
      fc.nat(),
      fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      (sealed, sequence, acceptedAt) => {
        const bytes = delivery.encode({ sealed, acceptedAt })
        expect(fromDelivery({ sequence, previous: 0, bytes })).toEqual({
          sequence,
          sealed: Buffer.from(sealed).toString('base64'),
          acceptedAt,
        })
      },
    ),
  )
})

test('bytes within a larger buffer are not mistaken for their neighbours', () => {
  const encoded = delivery.encode({ sealed: new Uint8Array([1, 2, 3]), acceptedAt: 5 })
  const page = new Uint8Array(100).fill(9)
  page.set(encoded, 40)
  const bytes = page.subarray(40, 40 + encoded.length)
  expect(fromDelivery({ sequence: 1, previous: 0, bytes })?.sealed).toBe('AQID')
})

test('bytes that are no delivery are told, whatever they are', () => {
  expect(fromDelivery({ sequence: 1, previous: 0, bytes: new Uint8Array([0xff]) })).toBeUndefined()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const letter = fromDelivery({ sequence: 1, previous: 0, bytes })
      if (letter) expect(typeof letter.sealed).toBe('string')
    }),
  )
})
