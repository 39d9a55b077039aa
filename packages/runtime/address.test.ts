import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { formatAddress, parseAddress } from './address.ts'

test.each([
  'whatsapp:14155550123',
  'messenger:ada.lovelace',
  'instagram:ada_l.1815',
  'instagram:a',
])('%s is an address', (text) => {
  const address = parseAddress(text)
  expect(address && formatAddress(address)).toBe(text)
})

test.each([
  '',
  ':',
  'ada',
  'instagram:',
  'Instagram:ada',
  'instagram:Ada',
  'instagram:a:b',
  'instagram:ada\n',
  'whatsapp:+14155550123',
  'whatsapp:04155550123',
  'whatsapp:123456',
  'messenger:ada',
  'messenger:ada_lovelace',
  'signal:ada',
  '__proto__:ada',
  `instagram:${'a'.repeat(31)}`,
  `messenger:${'a'.repeat(51)}`,
])('%j is none', (text) => {
  expect(parseAddress(text)).toBeUndefined()
})

test('whatever is read as an address comes out as it went in', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('', 'instagram:', 'messenger:'), (rest, start) => {
      const address = parseAddress(start + rest)
      expect(address === undefined || formatAddress(address) === start + rest).toBe(true)
    }),
  )
})
