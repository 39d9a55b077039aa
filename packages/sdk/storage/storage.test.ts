import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import 'fake-indexeddb/auto'
import { fileStore, type FileStore } from './file.ts'
import { indexedDbStore } from './indexed-db.ts'
import { memoryStore } from './memory.ts'
import { storeContract } from './testing/contract.ts'

let folder = ''
let files = 0
const opened: FileStore[] = []
const newPath = (): string => join(folder, 'state', `${files++}.jsonl`)
const openFile = async (path: string): Promise<FileStore> => {
  const store = await fileStore(path)
  opened.push(store)
  return store
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-store-'))
})
afterAll(async () => {
  await Promise.all(opened.map((store) => store.close()))
  await rm(folder, { recursive: true })
})

storeContract('memory', async () => ({ store: memoryStore() }))
storeContract('file', async () => {
  const path = newPath()
  // The old one is not closed first: a killed process does not close anything either.
  return { store: await openFile(path), reopen: () => openFile(path) }
})
storeContract('IndexedDB', async () => {
  const name = `test-${files++}`
  return { store: await indexedDbStore(name), reopen: () => indexedDbStore(name) }
})

test('a line that a crash cut off is as if it had never been begun', async () => {
  const path = newPath()
  const store = await openFile(path)
  await store.put('whole', '1')
  const whole = await readFile(path, 'utf8')
  const cut = '{"k":"cut","v":"a long va'
  for (let length = 1; length <= cut.length; length++) {
    await writeFile(path, whole + cut.slice(0, length))
    const again = await openFile(path)
    expect(await again.entries('')).toEqual(new Map([['whole', '1']]))
    await again.put('next', '2')
    const third = await openFile(path)
    expect((await third.entries('')).size).toBe(2)
  }
})

test('a file of another making is refused, not overwritten', async () => {
  const path = newPath()
  await openFile(path)
  await appendFile(path, 'Dear diary\n')
  await expect(fileStore(path)).rejects.toThrow(SyntaxError)
  expect(await readFile(path, 'utf8')).toBe('Dear diary\n')
})

test('the file is compacted, and for its owner alone', async () => {
  const path = newPath()
  const store = await openFile(path)
  for (let round = 0; round < 30; round++) {
    const puts = Array.from({ length: 100 }, (_, at) => store.put(`k${at % 10}`, `${round}`))
    await Promise.all(puts)
  }
  const { size, mode } = await stat(path)
  expect(size).toBeLessThan(1_200 * 30)
  expect(mode & 0o777).toBe(0o600)
  expect((await store.entries('')).size).toBe(10)
})

test('changes resolve in their order', async () => {
  const store = await openFile(newPath())
  const order: number[] = []
  const puts = Array.from({ length: 200 }, (_, at) =>
    store.put(`k${at}`, 'v').then(() => order.push(at)),
  )
  await Promise.all(puts)
  expect(order).toEqual([...order.keys()])
})

test('after close, changes are refused', async () => {
  const store = await fileStore(newPath())
  await store.close()
  await expect(store.put('k', 'v')).rejects.toThrow('closed')
})
