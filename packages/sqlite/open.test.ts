import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { openSqliteThread } from './open.ts'
import type { SqliteThread } from './thread.ts'

const NOTES = new URL('./testing/notes.ts', import.meta.url)
const BARE = new URL('./testing/bare-notes.ts', import.meta.url)
const BROKEN = new URL('./testing/broken.ts', import.meta.url)
const CHILD = fileURLToPath(new URL('./testing/child.ts', import.meta.url))

let folder: string
let path: string
let thread: SqliteThread

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'isthmus-sqlite-'))
  path = join(folder, 'new', 'data.db')
  thread = await openSqliteThread(path)
  await thread.load('notes', NOTES, { colour: 'red' })
})

afterEach(async () => {
  await thread.close()
  rmSync(folder, { recursive: true })
})

const add = (text: string, parent?: number): Promise<number> =>
  thread.call('notes', 'add', { text, parent })
const list = (): Promise<string[]> => thread.call('notes', 'list', undefined)

test('calls answer in their own order and survive a reopening', async () => {
  expect(await Promise.all([add('a'), add('bb'), add('ccc')])).toEqual([1, 2, 3])
  await thread.close()
  thread = await openSqliteThread(path)
  await thread.load('notes', NOTES)
  expect(await list()).toEqual(['a', 'bb', 'ccc'])
})

test('the file is a write-ahead log with full sync, for its owner alone', async () => {
  await add('a')
  expect(await thread.call('notes', 'pragma', 'journal_mode')).toBe('wal')
  expect(await thread.call('notes', 'pragma', 'synchronous')).toBe(2)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600)
})

test('options reach the module', async () => {
  expect(await thread.call('notes', 'options', undefined)).toEqual({ colour: 'red' })
})

test('a call that throws is rolled back alone', async () => {
  const outcomes = await Promise.allSettled([add('a'), add('unlucky'), add('b')])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(outcomes[1]).toMatchObject({ reason: { message: 'unlucky, after the write' } })
  expect(await list()).toEqual(['a', 'b'])
})

test('a bare operation keeps what it wrote before it threw', async () => {
  await thread.load('bare', BARE)
  await expect(thread.call('bare', 'add', { text: 'unlucky' })).rejects.toThrow('unlucky')
  expect(await list()).toEqual(['unlucky'])
})

test('calls of one turn share a transaction: when its commit fails, all fail', async () => {
  const outcomes = await Promise.allSettled([add('a'), add('orphan', 99), add('b')])
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: { name: 'SqliteError', code: 'ERR_SQLITE_ERROR', errcode: 787 },
    })
  }
  expect(await list()).toEqual([])
  expect(await add('later')).toBe(5)
})

test('a full disk fails the group and not the thread', async () => {
  const pages = await thread.call<number>('notes', 'pragma', 'page_count')
  await thread.call('notes', 'pragma', `max_page_count = ${pages}`)
  const outcomes = await Promise.allSettled([add('small'), add('x'.repeat(100_000))])
  expect(outcomes[1]).toMatchObject({ status: 'rejected', reason: { errcode: 13 } })
  await thread.call('notes', 'pragma', 'max_page_count = 100000')
  await add('y'.repeat(100_000))
  const stored = outcomes[0].status === 'fulfilled' ? ['small'] : []
  expect((await list()).map((text) => text.slice(0, 5))).toEqual([...stored, 'yyyyy'])
})

test('buffers are handed over both ways', async () => {
  const buffer = new ArrayBuffer(64)
  expect(await thread.call('notes', 'size', buffer, [buffer])).toBe(64)
  expect(buffer.detached).toBe(true)
  expect((await thread.call<ArrayBuffer>('notes', 'give', 32)).byteLength).toBe(32)
})

test('what can not cross to or from the thread rejects', async () => {
  await expect(thread.call('notes', 'add', () => 0)).rejects.toThrow('could not be cloned')
  await expect(thread.call('notes', 'uncloneable', 0)).rejects.toThrow('could not be cloned')
  expect(await add('a')).toBe(1)
})

test('an unknown module or operation rejects', async () => {
  await expect(thread.call('notes', 'nothing', 0)).rejects.toThrow('no operation notes.nothing')
  await expect(thread.call('nobody', 'add', 0)).rejects.toThrow('no operation nobody.add')
})

test('a module that fails to open leaves nothing behind', async () => {
  await expect(thread.load('broken', BROKEN)).rejects.toThrow('broken on purpose')
  await expect(thread.load('notes', NOTES)).rejects.toThrow('already loaded')
  await expect(thread.load('none', new URL('./none.ts', NOTES))).rejects.toThrow('none.ts')
  expect(await thread.call('notes', 'pragma', 'table_info(half)')).toBeUndefined()
})

test('close commits what was called before it and refuses what comes after', async () => {
  const before = add('a')
  const closed = thread.close()
  await expect(add('b')).rejects.toThrow('is closed')
  expect(await before).toBe(1)
  await closed
  await thread.close()
  await expect(add('c')).rejects.toThrow('is closed')
  expect(() => statSync(`${path}-wal`)).toThrow('ENOENT')
})

test('a second opener of the same file is refused', async () => {
  await expect(openSqliteThread(path, { busyTimeoutMs: 20 })).rejects.toThrow('is locked')
  expect(await add('a')).toBe(1)
})

test('a process that never closes ends by itself, after its last answer', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, join(folder, 'child.db')])
  expect(stdout).toBe('stored\n')
})

test('a process that closes stays until it is closed', async () => {
  const args = [CHILD, join(folder, 'child.db'), 'close']
  const { stdout } = await promisify(execFile)(process.execPath, args)
  expect(stdout).toBe('stored\nclosed\n')
})
