import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { checkBreaking } from './breaking.ts'
import { differences } from './generated.ts'
import { outOfDate } from './lock-file.ts'
import { longFiles } from './long-files.ts'
import { root } from './run.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isthmus-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('the contract against the commit before', () => {
  const git = (...args: string[]): void => {
    const who = ['-c', 'user.name=test', '-c', 'user.email=test@localhost']
    execFileSync('git', [...who, '-c', 'commit.gpgsign=false', ...args], { cwd: folder })
  }
  const commit = (): void => {
    git('add', '.')
    git('commit', '--quiet', '--no-verify', '--allow-empty', '-m', 'test')
  }
  const edit = (from: string, to: string): void => {
    const file = join(folder, 'proto/isthmus/v1/delivery.proto')
    const before = readFileSync(file, 'utf8')
    expect(before).toContain(from)
    writeFileSync(file, before.replace(from, to))
  }
  const breakIt = (): void => edit('uint64 accepted_at = 2;', 'string accepted_at = 2;')

  beforeEach(() => {
    cpSync(join(root, 'proto/isthmus'), join(folder, 'proto/isthmus'), { recursive: true })
    cpSync(join(root, 'proto/buf.yaml'), join(folder, 'proto/buf.yaml'))
  })

  test('without git, and before the first commit, there is nothing to compare', async () => {
    const outside = await checkBreaking(folder)
    expect(outside).toMatchObject({ status: 'skipped', output: expect.stringMatching('nothing') })
    git('init', '--quiet')
    expect(await checkBreaking(folder)).toMatchObject({ status: 'skipped' })
  })

  test('a broken field is found before it is committed', async () => {
    git('init', '--quiet')
    commit()
    breakIt()
    expect(await checkBreaking(folder)).toMatchObject({
      status: 'failed',
      output: expect.stringContaining('accepted_at'),
    })
  })

  test('a broken field is found right after it was committed', async () => {
    git('init', '--quiet')
    commit()
    breakIt()
    commit()
    expect(await checkBreaking(folder)).toMatchObject({ status: 'failed' })
  })

  test('a new field breaks nothing', async () => {
    git('init', '--quiet')
    commit()
    edit('reserved 9 to 15;', '// New.\n  string note = 9;\n  reserved 10 to 15;')
    edit('// New.', '// Newer.')
    const verdict = await checkBreaking(folder)
    expect(verdict.output).toMatch(/^$|RESERVED|reserved/)
  })
})

describe('generated code', () => {
  test('what is missing, left over or different is named', () => {
    const kept = new Map(Object.entries({ same: '1', old: '1', gone: '1' }))
    const made = new Map(Object.entries({ same: '1', old: '2', new: '1' }))
    expect(differences(kept, made)).toEqual(['left over: gone', 'missing: new', 'out of date: old'])
    expect(differences(kept, kept)).toEqual([])
  })
})

describe('the lock file', () => {
  const write = (file: string, content: unknown): void =>
    writeFileSync(join(folder, file), JSON.stringify(content))
  const lock = { packages: { '': { dependencies: { a: '^1', b: '^2' } } } }

  test('agrees with package.json, in whatever order', () => {
    write('package-lock.json', lock)
    write('package.json', { dependencies: { b: '^2', a: '^1' } })
    expect(outOfDate(folder)).toEqual([])
  })

  test.each([
    ['a dependency was added', { dependencies: { a: '^1', b: '^2', c: '^3' } }],
    ['a dependency was removed', { dependencies: { a: '^1' } }],
    ['a range has changed', { dependencies: { a: '^1', b: '^3' } }],
    ['a dependency moved', { dependencies: { a: '^1' }, devDependencies: { b: '^2' } }],
  ])('is out of date when %s', (_, manifest) => {
    write('package-lock.json', lock)
    write('package.json', manifest)
    expect(outOfDate(folder)).toEqual([''])
  })
})

test('long files are named, the longest first', () => {
  writeFileSync(join(folder, 'short.ts'), 'x\n'.repeat(300))
  writeFileSync(join(folder, 'long.ts'), 'x\n'.repeat(301))
  writeFileSync(join(folder, 'longer.ts'), 'x\n'.repeat(400))
  writeFileSync(join(folder, 'data.json'), 'x\n'.repeat(900))
  expect(longFiles(folder)).toEqual(['longer.ts: 400 lines', 'long.ts: 301 lines'])
})
