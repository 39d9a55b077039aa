/** That a put is on disk when it resolves can't be seen from outside; here the disk is watched. */
import * as real from 'node:fs/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, jest, test } from '@jest/globals'

const done: string[] = []

/** Notes each operation of the file when it is finished. */
const watched = (file: real.FileHandle): real.FileHandle =>
  new Proxy(file, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return async (...parameters: unknown[]): Promise<unknown> => {
        const result: unknown = await Reflect.apply(value, target, parameters)
        done.push(String(name))
        return result
      }
    },
  })

jest.unstable_mockModule('node:fs/promises', () => ({
  ...real,
  open: async (...parameters: Parameters<typeof real.open>) =>
    watched(await real.open(...parameters)),
}))
const { fileStore } = await import('./file.ts')

test('a put resolves after its line was written and then synced', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-durable-'))
  const store = await fileStore(join(folder, 'state'))
  // A new file is synced, then put in the old one's place, then the folder is synced.
  expect(done).toEqual(['writeFile', 'sync', 'sync', 'close'])
  done.length = 0
  await store.put('k', 'v')
  expect(done).toEqual(['appendFile', 'datasync'])
  done.length = 0
  await Promise.all(Array.from({ length: 50 }, (_, at) => store.put(`k${at}`, 'v')))
  expect(done).toEqual(['appendFile', 'datasync'])
  await store.close()
  await rm(folder, { recursive: true })
})
