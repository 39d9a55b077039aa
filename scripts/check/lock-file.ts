/** Whether package-lock.json was made from the package.json files as they are. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Verdict } from './outcome.ts'
import { root } from './run.ts'

const KINDS = [
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
] as const

type Manifest = { [Kind in (typeof KINDS)[number]]?: Record<string, string> } & {
  workspaces?: string[]
}

const readJson = (folder: string, file: string): unknown =>
  JSON.parse(readFileSync(join(folder, file), 'utf8'))

const listed = (manifest: Manifest | undefined, kind: (typeof KINDS)[number]): string =>
  JSON.stringify(Object.entries(manifest?.[kind] ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1)))

/** @param folder the repository. @returns the folders whose package.json the lock does not match. */
export const outOfDate = (folder: string): readonly string[] => {
  const lock = readJson(folder, 'package-lock.json') as { packages: Record<string, Manifest> }
  const top = readJson(folder, 'package.json') as Manifest
  const patterns = (top.workspaces ?? []).map((pattern) => `${pattern}/package.json`)
  const folders = ['', ...globSync(patterns, { cwd: folder }).map((file) => dirname(file))]
  return folders.filter((each) => {
    const manifest = readJson(join(folder, each), 'package.json') as Manifest
    return KINDS.some((kind) => listed(manifest, kind) !== listed(lock.packages[each], kind))
  })
}

export const checkLockFile = async (): Promise<Verdict> => {
  const folders = outOfDate(root)
  return folders.length === 0
    ? { status: 'passed', output: '' }
    : {
        status: 'failed',
        output: folders
          .map((each) => `package-lock.json does not match ${join(each, 'package.json')}`)
          .join('\n'),
        advice: 'Run `npm install` and commit the package-lock.json that it writes.',
      }
}
