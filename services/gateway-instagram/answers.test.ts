import { ErrorCode } from '@isthmus/proto/codec'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ANSWERS, CLOSES, closeReason, GOODBYES, type Close } from './answers.ts'

const closes: readonly Close[] = [...Object.values(CLOSES), ...Object.values(GOODBYES)]

test('every error code has its answer, under its own name', () => {
  const names = Object.entries(ErrorCode).filter(([, code]) => code !== ErrorCode.UNSPECIFIED)
  expect(Object.entries(ANSWERS).map(([code, { code: name }]) => [name, Number(code)])).toEqual(
    names.sort(([, a], [, b]) => a - b),
  )
})

describe('closes', () => {
  test.each(closes)('$code $reason may be sent by a server', ({ code, reason }) => {
    const isStandard = [1008, 1009, 1012, 1013].includes(code)
    expect(isStandard || (code >= 4000 && code <= 4999)).toBe(true)
    expect(Buffer.byteLength(closeReason(reason, 'x'.repeat(500)))).toBeLessThanOrEqual(123)
  })

  // graphql-ws' client gives up on these by itself (4403 it retries a few times), and connects
  // again on the others: so the table and stock clients agree.
  const GIVES_UP = [4400, 4401, 4409, 4429, 4500, 1008, 1009]
  test.each(closes.filter(({ code }) => code !== 4403 && code !== 4500))(
    '$code: stock clients do what the table says ($reconnect)',
    ({ code, reconnect }) => {
      expect(GIVES_UP.includes(code)).toBe(reconnect === 'no')
    },
  )
})

describe('closeReason', () => {
  test('fills in the template', () => {
    expect(closeReason('Subscriber for <id> already exists', 'a<b>$&')).toBe(
      'Subscriber for a<b>$& already exists',
    )
  })

  test('never takes more than 123 bytes, nor half a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (filling) => {
        const reason = closeReason('Subscriber for <id> already exists', filling)
        expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123)
        expect(reason).toMatch(/^Subscriber for [^]* already exists$/)
        expect(filling.startsWith(reason.slice(15, -15))).toBe(true)
        expect(reason.isWellFormed()).toBe(filling.isWellFormed())
      }),
    )
  })
})
