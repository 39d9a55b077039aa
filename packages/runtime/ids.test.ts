import { describe, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { idKeys, isId, randomId, type AccountId, type DeviceId } from './ids.ts'

const keys = idKeys(new Uint8Array(32).fill(1))
const others = idKeys(new Uint8Array(32).fill(2))

describe('keyed hashes', () => {
  test('are ids, stable, and of this realm alone', () => {
    const ada = keys.accountId('instagram:ada')
    expect(isId(ada)).toBe(true)
    expect(keys.accountId('instagram:ada')).toBe(ada)
    expect(keys.accountId('messenger:ada')).not.toBe(ada)
    expect(others.accountId('instagram:ada')).not.toBe(ada)
  })

  test('of a pair tell the direction', () => {
    const [ada, bea] = ['a'.repeat(22), 'b'.repeat(22)] as [AccountId, AccountId]
    expect(keys.pairTag(ada, bea)).not.toBe(keys.pairTag(bea, ada))
  })

  test('for different purposes never meet', () => {
    const text = 'instagram:ada'
    const hashes = [
      keys.accountId(text),
      keys.lookupKey('mail', text),
      keys.lookupKey('phone', text),
    ]
    expect(new Set(hashes).size).toBe(3)
  })

  test('need a secret of 32 bytes', () => {
    expect(() => idKeys(new Uint8Array(31))).toThrow('at least 32 bytes')
  })
})

describe('submission keys', () => {
  const device = 'd'.repeat(22) as DeviceId

  test('are 16 bytes, the same for a repetition and for nothing else', () => {
    const key = keys.submissionKey(device, 'm1')
    expect(key).toHaveLength(16)
    expect(keys.submissionKey(device, 'm1')).toEqual(key)
    expect(keys.submissionKey(device, 'm2')).not.toEqual(key)
    expect(keys.submissionKey('e'.repeat(22) as DeviceId, 'm1')).not.toEqual(key)
    expect(others.submissionKey(device, 'm1')).not.toEqual(key)
  })

  test('keep all of their bits', () => {
    // Each byte value shows up among enough keys; a text encoding in between would lose some.
    const seen = new Set<number>()
    for (let number = 0; number < 2000; number++) {
      for (const byte of keys.submissionKey(device, `${number}`)) seen.add(byte)
    }
    expect(seen.size).toBe(256)
  })

  test('do not give the device away to those without the secret', () => {
    const bare = createHash('sha256').update(`${device}m1`).digest().subarray(0, 16)
    expect(Buffer.from(keys.submissionKey(device, 'm1'))).not.toEqual(bare)
  })
})

test('random ids are ids and differ', () => {
  const ids = Array.from({ length: 100 }, randomId)
  expect(ids.every(isId)).toBe(true)
  expect(new Set(ids).size).toBe(100)
})

test.each([
  '',
  'short',
  'a.b'.padEnd(22, 'x'),
  '*'.repeat(22),
  `${'a'.repeat(21)}\n`,
  '>'.repeat(22),
])('is no id: %j', (text) => {
  expect(isId(text)).toBe(false)
})
