/** What must not be in the repository, and what every workspace has in common. */
import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { root } from './check/run.ts'
import { trackedFiles } from './check/tracked.ts'

const files = trackedFiles(root)
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const isBinary = (text: string): boolean => text.includes('\0')

/** Every line of a tracked file that matches, as `file:line`. */
const linesWith = (pattern: RegExp, among: readonly string[] = files): string[] =>
  among.flatMap((file) => {
    const text = read(file)
    if (isBinary(text) || !pattern.test(text)) return []
    return text.split('\n').flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}`] : []))
  })

describe('no tracked file', () => {
  // Written in pieces, so that this file does not find itself.
  test.each([
    [
      'a home or working folder',
      new RegExp(['/ro', 'ot/|/ho', 'me/[a-z]|/Us', 'ers/|/wo', 'rk/'].join('')),
    ],
    [
      'the address of a package registry',
      new RegExp(
        ['registry\\.[a-z]+\\.[a-z]', '|npm', 'js\\.(org|com)', '|yarn', 'pkg\\.com'].join(''),
      ),
    ],
    ['a private key', new RegExp(['BEGIN [A-Z ]*PRIV', 'ATE KEY'].join(''))],
    ['a conflict that was not resolved', /^(<{7}|>{7}) /m],
  ])('names %s', (_, pattern) => {
    expect(linesWith(pattern)).toEqual([])
  })

  test('of the lock file says where a package was downloaded from', () => {
    const lock = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { resolved?: string; link?: boolean }>
    }
    const resolved = Object.entries(lock.packages).filter(
      ([, entry]) => entry.resolved && !entry.link,
    )
    expect(resolved.map(([name]) => name)).toEqual([])
  })

  test('is one that running or installing makes', () => {
    expect(
      files.filter((file) => /(^|\/)(node_modules|coverage|data)\/|\.(log|sqlite|db)$/.test(file)),
    ).toEqual([])
  })
})

test('the lock file has Node for every platform that is promised', () => {
  const lock = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { version: string }>
  }
  const { optionalDependencies } = JSON.parse(read('package.json')) as {
    optionalDependencies: Record<string, string>
  }
  const locked = Object.keys(optionalDependencies).map((name) => [
    name,
    lock.packages[`node_modules/${name}`]?.version,
  ])
  expect(Object.fromEntries(locked)).toEqual(optionalDependencies)
  expect(locked).toHaveLength(4)
})

describe('workspaces', () => {
  const manifests = files.filter((file) =>
    /^(proto|e2e|bench|(packages|services)\/[^/]+)\/package\.json$/.test(file),
  )

  test('there are as many as folders', () => {
    const folders = new Set(
      files
        .filter((file) => /^(packages|services)\//.test(file))
        .map((file) => file.split('/').slice(0, 2).join('/')),
    )
    expect(manifests.map(dirname).toSorted()).toEqual(
      ['bench', 'e2e', 'proto', ...folders].toSorted(),
    )
  })

  test.each(manifests)('%s is private, ESM, and named for its folder', (file) => {
    const folder = dirname(file).split('/').at(-1)
    expect(JSON.parse(read(file))).toMatchObject({
      name: `@isthmus/${folder}`,
      private: true,
      type: 'module',
      exports: { './*': './*.ts' },
    })
  })

  test('import each other by name, not by path', () => {
    const home = (file: string): string | undefined =>
      manifests.map(dirname).find((folder) => file.startsWith(`${folder}/`))
    const crossing = files
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) =>
        [...read(file).matchAll(/(?:from|import) '(\.[^']*)'/g)].map(([, target]) => ({
          file,
          target: target!,
        })),
      )
      .filter(({ file, target }) => {
        const reached = relative(root, resolve(root, dirname(file), target))
        return home(reached) !== home(file)
      })
      .map(({ file, target }) => `${file}: ${target}`)
    expect(crossing).toEqual([])
  })
})
