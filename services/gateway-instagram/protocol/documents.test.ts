/** The cache of prepared documents. */
import { describe, expect, test } from '@jest/globals'
import { Harness } from '../testing/harness.ts'
import { Documents } from './documents.ts'
import { DEFAULT_GRAPHQL_LIMITS } from './limits.ts'
import { createSchema } from './schema.ts'

const create = (): Documents => new Documents(createSchema(), DEFAULT_GRAPHQL_LIMITS.query)
const small = (index: number): string => `{ me { device } } # ${index}`

describe('documents', () => {
  test('a sound one is prepared once', () => {
    const documents = create()
    expect(documents.find(small(1))).toBeUndefined()
    const prepared = documents.prepare(small(1))
    expect(documents.find(small(1))).toBe(prepared)
  })

  test('an unsound one is not kept', () => {
    const documents = create()
    documents.prepare('{ nonsense }')
    expect(documents.find('{ nonsense }')).toBeUndefined()
    expect(documents.size).toEqual({ documents: 0, tokens: 0 })
  })

  test('the least recently used goes first', () => {
    const documents = create()
    for (let index = 0; index < 512; index++) documents.prepare(small(index))
    documents.find(small(0))
    documents.prepare(small(512))
    expect(documents.find(small(0))).toBeDefined()
    expect(documents.find(small(1))).toBeUndefined()
    expect(documents.size.documents).toBe(512)
  })

  test('large ones are bounded by their tokens', () => {
    const documents = create()
    for (let index = 0; index < 200; index++) {
      const list = '{ device: "d", sealed: "AAAA" } '.repeat(100)
      documents.prepare(`mutation { send(to: "x", id: "${index}", letters: [${list}]) { id } }`)
    }
    expect(documents.size.tokens).toBeLessThanOrEqual(50_000)
    expect(documents.size.documents).toBeGreaterThan(30)
  })
})

test('a socket that brings ever new documents is refused for a while', () => {
  const harness = new Harness().connect()
  let served = 0
  for (let index = 0; index < 2000; index++) {
    harness.subscribe('op', `{ me { device } } # ${index}`)
    if (harness.take()[0]?.type === 'next') served += 1
  }
  expect(served).toBeGreaterThan(100)
  expect(served).toBeLessThan(1500)
  harness.subscribe('op', '{ me { address } }')
  expect(harness.take()).toMatchObject([
    { type: 'error', payload: [{ extensions: { code: 'RATE_LIMITED' } }] },
  ])
  harness.now += 1000
  harness.subscribe('op', '{ me { address } }')
  expect(harness.take()).toMatchObject([{ type: 'next' }, { type: 'complete' }])
})
