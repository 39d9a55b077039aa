/** What every store keeps to. */
import { describe, expect, test } from '@jest/globals'
import type { Store } from '../port.ts'

export interface StoreUnderTest {
  readonly store: Store
  /** A store on the same data, as after a restart; undefined if nothing survives. */
  readonly reopen?: () => Promise<Store>
}

export const storeContract = (name: string, make: () => Promise<StoreUnderTest>): void => {
  describe(`${name} store`, () => {
    test('gives back what was put, by prefix', async () => {
      const { store } = await make()
      await store.put('a/1', 'one')
      await store.put('a/2', 'two')
      await store.put('b/1', 'three')
      expect(await store.entries('a/')).toEqual(
        new Map([
          ['a/1', 'one'],
          ['a/2', 'two'],
        ]),
      )
      expect((await store.entries('')).size).toBe(3)
      expect(await store.entries('c/')).toEqual(new Map())
    })

    test('the last call wins, also when nobody waits in between', async () => {
      const { store } = await make()
      await Promise.all([store.put('k', '1'), store.delete('k'), store.put('k', '2')])
      expect(await store.entries('k')).toEqual(new Map([['k', '2']]))
      await Promise.all([store.put('k', '3'), store.delete('k')])
      expect(await store.entries('k')).toEqual(new Map())
    })

    test('deleting what is not there is no error', async () => {
      const { store } = await make()
      await expect(store.delete('nothing')).resolves.toBeUndefined()
    })

    test('keeps any text', async () => {
      const { store } = await make()
      const texts = ['', '\n', '"\\', 'ж🙂\u0000', 'x'.repeat(100_000), '__proto__']
      await Promise.all(texts.map((text, at) => store.put(`t/${at}/${text.slice(0, 9)}`, text)))
      expect([...(await store.entries('t/')).values()].sort()).toEqual(texts.toSorted())
    })

    test('what was resolved is there after a restart', async () => {
      const { store, reopen } = await make()
      if (!reopen) return
      const count = 300
      const keys = Array.from({ length: count }, (_, at) => `k${at}`)
      await Promise.all(keys.map((key) => store.put(key, key)))
      await Promise.all(keys.slice(0, 100).map((key) => store.delete(key)))
      const again = await reopen()
      expect([...(await again.entries('')).keys()].sort()).toEqual(keys.slice(100).toSorted())
    })
  })
}
