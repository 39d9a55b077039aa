import { describe, expect, test } from '@jest/globals'
import { Receipts } from './receipts.ts'
import { Seen } from './seen.ts'

const DAY = 86_400_000

describe('seen', () => {
  test('remembers for longer than a letter can wait, then forgets', () => {
    const seen = new Seen()
    seen.add('a 1', 0)
    expect(seen.add('a 2', 30 * DAY)).toEqual([])
    expect(seen.has('a 1')).toBe(true)
    expect(seen.add('a 3', 32 * DAY)).toEqual(['a 1'])
    expect(seen.has('a 1')).toBe(false)
    expect(seen.has('a 2')).toBe(true)
  })

  test('is bounded: the oldest goes first', () => {
    const seen = new Seen(Array.from({ length: 50_000 }, (_, at) => [`a ${at}`, at] as const))
    expect(seen.add('new', 60_000)).toEqual(['a 0'])
  })

  test('no two senders and ids share a key', () => {
    const addresses = ['instagram:a', 'instagram:b', 'whatsapp:14155550123']
    const ids = ['1', ' 1', 'a 1', 'instagram:b 1', '']
    const keys = addresses.flatMap((address) => ids.map((id) => Seen.key(address, id)))
    expect(new Set(keys).size).toBe(keys.length)
  })
})

describe('receipts', () => {
  test('one under way for each address; what comes up meanwhile goes together', () => {
    const receipts = new Receipts()
    expect(receipts.add('a', 'delivered', '1')?.messageIds).toEqual(['1'])
    for (const id of ['2', '3']) expect(receipts.add('a', 'delivered', id)).toBeUndefined()
    expect(receipts.add('b', 'delivered', '9')?.messageIds).toEqual(['9'])
    expect(receipts.done('a')?.messageIds).toEqual(['2', '3'])
    expect(receipts.done('a')).toBeUndefined()
    expect(receipts.add('a', 'delivered', '4')?.messageIds).toEqual(['4'])
  })

  test('read says delivered, too', () => {
    const receipts = new Receipts()
    receipts.add('a', 'delivered', '1')
    receipts.add('a', 'delivered', '2')
    receipts.add('a', 'read', '2')
    expect(receipts.done('a')).toEqual({ kind: 'receipt', receipt: 'read', messageIds: ['2'] })
  })

  test('what waits can be taken out, to be kept', () => {
    const receipts = new Receipts()
    receipts.add('a', 'delivered', '1')
    receipts.add('a', 'delivered', '2')
    receipts.add('a', 'read', '3')
    receipts.add('b', 'delivered', '4')
    expect(receipts.drain()).toEqual([
      ['a', { kind: 'receipt', receipt: 'delivered', messageIds: ['2'] }],
      ['a', { kind: 'receipt', receipt: 'read', messageIds: ['3'] }],
    ])
    expect(receipts.drain()).toEqual([])
  })

  test('at most 256 ids in one', () => {
    const receipts = new Receipts()
    for (let id = 0; id <= 300; id++) receipts.add('a', 'delivered', String(id))
    expect(receipts.done('a')?.messageIds).toHaveLength(256)
    expect(receipts.done('a')?.messageIds).toHaveLength(44)
  })
})
