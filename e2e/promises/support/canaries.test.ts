/** The search must find what there is. */
import { describe, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { search, type Canary } from './canaries.ts'

const TEXT = 'Zoë "Ψ" Canary'
const canary: Canary = { name: 'the name', value: TEXT, guessable: true }

const found = (bytes: Buffer, what: Canary = canary): string[] =>
  search([{ name: 'the file', bytes }], [what])

const around = (text: string): Buffer => Buffer.from(`before ${text} after`)

describe('finds a text', () => {
  const bytes = Buffer.from(TEXT)
  test.each([
    ['as it is', around(TEXT)],
    ['in UTF-16', Buffer.concat([Buffer.from('x'), Buffer.from(TEXT, 'utf16le')])],
    ['in big-endian UTF-16', Buffer.from(`x${TEXT}`, 'utf16le').swap16()],
    ['in hex', around(bytes.toString('hex'))],
    ['in upper-case hex', around(bytes.toString('hex').toUpperCase())],
    ['in JSON', around(JSON.stringify({ name: TEXT }))],
    ['in JSON within JSON', around(JSON.stringify(JSON.stringify('Zoë Canary'))), 'Zoë Canary'],
    ['in JSON that is all ASCII', around('Zo\\u00eb \\"\\u03a8\\" Canary')],
    ['in a URI', around(encodeURIComponent(TEXT))],
    ['in upper case', around(TEXT.toUpperCase())],
    ['as a plain hash', createHash('sha256').update(bytes).digest()],
    ['as a plain hash in hex', around(createHash('md5').update(bytes).digest('hex'))],
    ['as a plain hash, cut', around(createHash('sha1').update(bytes).digest('hex').slice(0, 32))],
  ])('%s', (_, place, text = TEXT) => {
    expect(found(place, { ...canary, value: text })).not.toEqual([])
  })
})

describe('finds bytes in base64, wherever they stand in what was encoded', () => {
  const value = Buffer.from('fbffbeefbefb00112233445566778899', 'hex')
  for (const alphabet of ['base64', 'base64url'] as const) {
    test.each([0, 1, 2, 3, 4, 5])(`${alphabet}, %i bytes before`, (before) => {
      const whole = Buffer.concat([Buffer.alloc(before, 0x5a), value, Buffer.alloc(7, 0xa5)])
      const place = around(whole.toString(alphabet))
      expect(found(place, { name: 'the id', value })).not.toEqual([])
    })
  }
})

test('finds nothing where there is nothing', () => {
  const place = Buffer.from('Zoe "Psi" Canar y and other things'.repeat(100))
  expect(found(place)).toEqual([])
})

test('refuses what chance would find', () => {
  expect(() => found(Buffer.alloc(1), { name: 'a code', value: '12345' })).toThrow('too short')
})
