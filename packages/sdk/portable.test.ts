import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from '@jest/globals'

const SDK = import.meta.dirname
const ENTRIES = [
  'index.ts',
  'browser.ts',
  'transports/xmpp.ts',
  'transports/mqtt.ts',
  'transports/graphql.ts',
]

/** Packages that the core may use; each runs in browsers. */
const ALLOWED =
  /^(@bufbuild\/protobuf(\/codegenv2)?|@noble\/hashes\/(blake2|sha2)\.js|tweetnacl|@xmpp\/[a-z/-]+(\.js)?|saslmechanisms|mqtt|graphql-ws\/client)$/

/** Globals that only Node has, as they are used (not as words of a comment). */
const NODE_GLOBALS = /\b(process|Buffer|global|setImmediate|__dirname|require)\s*[.(]/

const importsOf = (source: string): string[] =>
  [...source.matchAll(/(?:\}\s*from|^import\s\w+\s+from|^import|import\()\s*'([^'\n]+)'/gm)].map(
    ([, name = '']) => name,
  )

const withoutComments = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')

const fileOf = (specifier: string, from: string): string | undefined => {
  if (specifier.startsWith('.')) return resolve(dirname(from), specifier)
  const [, name, path] = /^@isthmus\/([a-z-]+)\/(.+)$/.exec(specifier) ?? []
  const folder = name === 'proto' ? join(SDK, '../../proto') : join(SDK, '..', name ?? '')
  return name === undefined ? undefined : join(folder, `${path}.ts`)
}

/** Everything that the entries reach, and what is wrong with it. */
const walk = (entries: readonly string[]): { files: Set<string>; problems: string[] } => {
  const files = new Set<string>()
  const problems: string[] = []
  const visit = (file: string): void => {
    if (files.has(file)) return
    files.add(file)
    const source = withoutComments(readFileSync(file, 'utf8'))
    const global = NODE_GLOBALS.exec(source)
    if (global) problems.push(`${file}: ${global[0]}`)
    for (const specifier of importsOf(source)) {
      const target = fileOf(specifier, file)
      if (target && existsSync(target)) visit(target)
      else if (!ALLOWED.test(specifier)) problems.push(`${file}: imports ${specifier}`)
    }
  }
  for (const entry of entries) visit(join(SDK, entry))
  return { files, problems }
}

test('the core, the transports and the browser entry need nothing of Node', () => {
  const { files, problems } = walk(ENTRIES)
  expect(problems).toEqual([])
  expect(files.size).toBeGreaterThan(40)
})

test('the walk sees what it should: the Node entry does not pass', () => {
  expect(walk(['node.ts']).problems.join()).toContain('imports node:fs/promises')
  expect(walk(['seal/testing/vectors.ts']).problems.join()).toContain('Buffer')
})
