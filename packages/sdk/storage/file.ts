/**
 * A store in one file, for Node: a journal of JSON lines, each a change, compacted when most of it
 * is past. Changes that wait together share one fsync. A last line that a crash cut off is
 * ignored: nobody was told that it was written.
 */
import { mkdir, open, readFile, rename, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Store } from './port.ts'

export interface FileStore extends Store {
  /** Writes what waits and closes the file. Further calls reject. */
  readonly close: () => Promise<void>
}

interface Change {
  readonly line: string
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/** The file is compacted when it has more lines than this and than twice the values. */
const COMPACT_LINES = 1_000

const toLine = (key: string, value?: string): string =>
  `${JSON.stringify(value === undefined ? { k: key } : { k: key, v: value })}\n`

const readJournal = (text: string): { values: Map<string, string>; lines: number } => {
  const values = new Map<string, string>()
  const lines = text.split('\n')
  // What follows the last line feed was not written to its end.
  lines.pop()
  for (const line of lines) {
    const { k, v } = JSON.parse(line) as { readonly k: string; readonly v?: string }
    if (v === undefined) values.delete(k)
    else values.set(k, v)
  }
  return { values, lines: lines.length }
}

const readIfThere = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Writes the values as a new file in the place of the old one; gives it open for appending. */
const writeAnew = async (
  path: string,
  values: ReadonlyMap<string, string>,
): Promise<FileHandle> => {
  const temporary = `${path}.new`
  const file = await open(temporary, 'w', 0o600)
  await file.writeFile([...values].map(([key, value]) => toLine(key, value)).join(''))
  await file.sync()
  await rename(temporary, path)
  await syncFolder(path)
  return file
}

/**
 * Opens the store, making the file (readable by its owner alone) and its folder if need be.
 * @throws SystemError of node:fs; SyntaxError if the file is not of this store's making.
 */
export const fileStore = async (path: string): Promise<FileStore> => {
  await mkdir(dirname(path), { recursive: true })
  const { values } = readJournal(await readIfThere(path))
  let file: FileHandle | undefined = await writeAnew(path, values)
  let lines = values.size
  // After a write that failed half way nobody knows what the file ends with.
  let isDamaged = false
  let waiting: Change[] = []
  let writing: Promise<void> | undefined

  const append = async (group: readonly Change[]): Promise<void> => {
    await file?.appendFile(group.map(({ line }) => line).join(''))
    await file?.datasync()
    lines += group.length
  }
  const replace = async (): Promise<void> => {
    const old = file
    file = await writeAnew(path, values)
    lines = values.size
    isDamaged = false
    await old?.close()
  }
  const write = async (group: readonly Change[]): Promise<void> => {
    try {
      if (!file) throw new Error('the store is closed')
      // `values` holds the group's changes already.
      if (isDamaged || lines > Math.max(COMPACT_LINES, values.size * 2)) await replace()
      else await append(group)
      for (const change of group) change.done()
    } catch (error) {
      isDamaged = true
      for (const change of group) change.failed(error)
    }
  }
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      await write(group)
    }
    writing = undefined
  }
  const change = (line: string): Promise<void> =>
    new Promise((done, failed) => {
      waiting.push({ line, done, failed })
      // A turn later, so that what is changed in this one goes in one group.
      writing ??= Promise.resolve().then(drain)
    })

  return {
    entries: async (prefix) => new Map([...values].filter(([key]) => key.startsWith(prefix))),
    put: (key, value) => {
      values.set(key, value)
      return change(toLine(key, value))
    },
    delete: (key) => {
      values.delete(key)
      return change(toLine(key))
    },
    close: async () => {
      while (writing) await writing
      await file?.close()
      file = undefined
    },
  }
}
