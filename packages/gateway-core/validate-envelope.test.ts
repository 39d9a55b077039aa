import { expect, test } from '@jest/globals'
import { ErrorCode, type SealedEnvelope } from '@isthmus/proto/codec'
import { LIMITS } from '@isthmus/runtime/limits'
import { clampTtl, validateEnvelope } from './validate-envelope.ts'

const device = (index: number): string => String(index).padStart(22, 'A')

const envelope = (change: Partial<SealedEnvelope> = {}): SealedEnvelope => ({
  id: 'm1',
  letters: [{ deviceId: device(0), sealed: new Uint8Array(300) }],
  ttlSeconds: 0,
  ...change,
})

const letters = (count: number, bytes: number): SealedEnvelope['letters'] =>
  Array.from({ length: count }, (_, index) => ({
    deviceId: device(index),
    sealed: new Uint8Array(bytes),
  }))

test.each([
  ['a sound one', {}, ErrorCode.UNSPECIFIED],
  ['no letters: the answer tells the devices', { letters: [] }, ErrorCode.UNSPECIFIED],
  ['no id', { id: '' }, ErrorCode.MALFORMED],
  ['an id of 64 bytes', { id: 'x'.repeat(64) }, ErrorCode.UNSPECIFIED],
  ['an id of 65 bytes', { id: 'x'.repeat(65) }, ErrorCode.TOO_LARGE],
  ['an id of 22 three-byte characters', { id: '€'.repeat(22) }, ErrorCode.TOO_LARGE],
  ['too many letters', { letters: letters(65, 300) }, ErrorCode.TOO_LARGE],
  ['a device twice', { letters: [...letters(1, 300), ...letters(1, 300)] }, ErrorCode.MALFORMED],
  ['not a device id', { letters: [{ deviceId: 'a.*', sealed: new Uint8Array(99) }] }, 6],
  ['too short to be sealed', { letters: letters(1, 48) }, ErrorCode.NOT_SEALED],
  ['a letter too large', { letters: letters(1, 65_537) }, ErrorCode.TOO_LARGE],
  ['letters too large together', { letters: letters(17, 65_536) }, ErrorCode.TOO_LARGE],
] satisfies [string, Partial<SealedEnvelope>, ErrorCode][])('%s', (_, change, expected) => {
  expect(validateEnvelope(envelope(change))).toBe(expected)
})

test('the time to live has a default and a maximum', () => {
  expect(clampTtl(0)).toBe(LIMITS.maxTtlSeconds)
  expect(clampTtl(60)).toBe(60)
  expect(clampTtl(4_000_000_000)).toBe(LIMITS.maxTtlSeconds)
})
