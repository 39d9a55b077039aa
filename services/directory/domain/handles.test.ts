import { describe, expect, test } from '@jest/globals'
import { isHandle } from '@isthmus/runtime/address'
import fc from 'fast-check'
import { canonicalEmail, canonicalPhone, handleFromName } from './handles.ts'

describe('phones', () => {
  test.each([
    ['+14155550123', '14155550123'],
    ['14155550123', '14155550123'],
    ['+1 (415) 555-0123', '14155550123'],
    ['+44.20.7946.0018', '442079460018'],
  ])('%s', (text, digits) => expect(canonicalPhone(text)).toBe(digits))

  test.each([
    '',
    '+',
    '0123456789',
    '++14155550123',
    '1+4155550123',
    '123456',
    '1'.repeat(16),
    '١٢٣٤٥٦٧',
  ])('%s is none', (text) => expect(canonicalPhone(text)).toBeUndefined())
})

describe('e-mail addresses', () => {
  test.each([
    ['Ada@Example.ORG', 'ada@example.org'],
    [' ada+x@example.org ', 'ada+x@example.org'],
    ['zoe\u0308@example.org', 'zo\u00eb@example.org'],
  ])('%s', (text, email) => expect(canonicalEmail(text)).toBe(email))

  test.each(['', 'ada', '@example.org', 'ada@', 'a b@example.org', 'a@b@c.org', 'a\u0000@b.org'])(
    '%j is none',
    (text) => expect(canonicalEmail(text)).toBeUndefined(),
  )
})

describe('handles from names', () => {
  test('the plain form first, then with digits', () => {
    expect(handleFromName('Ada Lovelace', 0)).toBe('ada.lovelace')
    expect(handleFromName('Ada Lovelace', 1)).toMatch(/^ada\.lovelace\.[0-9]{4,5}$/)
    expect(handleFromName('  --Zoë--  ', 0)).toMatch(/^zoe\.[0-9]{4}$/)
  })

  test('always one of Messenger’s', () => {
    const property = fc.property(fc.string({ unit: 'grapheme' }), fc.nat(8), (name, attempt) => {
      expect(isHandle('messenger', handleFromName(name, attempt))).toBe(true)
    })
    fc.assert(property)
  })
})
