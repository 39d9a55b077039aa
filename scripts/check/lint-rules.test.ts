/** The rules of .oxlintrc.json bite: a planted violation of each is found, clean code is not. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from '@jest/globals'
import { bin, root, run } from './run.ts'

/** A line of code and the rule that must find it; without a rule, none may. */
type Line = readonly [code: string, rule?: string]

/** What no pure code may do, in any of the folders below. */
const impure: readonly Line[] = [
  [`import 'node:fs'`, 'no-restricted-imports'],
  [`import 'ws'`, 'no-restricted-imports'],
  [`setTimeout(() => {}, 1)`, 'no-restricted-globals'],
  [`setInterval(() => {}, 1)`, 'no-restricted-globals'],
  [`queueMicrotask(() => {})`, 'no-restricted-globals'],
  [`process.exit()`, 'no-restricted-globals'],
  [`performance.now()`, 'no-restricted-globals'],
  [`crypto.randomUUID()`, 'no-restricted-globals'],
  [`Date.now()`, 'no-restricted-properties'],
  [`Math.random()`, 'no-restricted-properties'],
  [`globalThis.setTimeout(() => {}, 1)`, 'no-restricted-properties'],
  [`export const next = (now: number): number => Math.max(now, 1)`],
]

const planted: Record<string, readonly Line[]> = {
  'services/gateway-x/protocol/stream.ts': impure,
  'services/gateway-x/protocol/packets/connect.ts': impure,
  'services/gateway-x/machine.ts': impure,
  'services/gateway-x/to-submission.ts': impure,
  'services/router/plan.ts': impure,
  'packages/gateway-core/inbox.ts': impure,
  'packages/gateway-core/validate-envelope.ts': impure,
  'services/gateway-x/protocol/stream.test.ts': [[`import 'node:fs'`], [`Date.now()`]],
  'services/gateway-x/service.ts': [[`import 'node:fs'`], [`Date.now()`]],
  'packages/sdk/client.ts': [
    [`import 'node:fs'`, 'no-restricted-imports'],
    [`Buffer.alloc(1)`, 'no-restricted-globals'],
    [`setTimeout(() => {}, Math.random())`],
  ],
  'packages/sdk/seal/box.ts': [[`Math.random()`, 'no-restricted-properties']],
  'packages/sdk/storage/file.ts': [[`import 'node:fs'`]],
  'packages/a/a.ts': [
    [`import './b.ts'`, 'no-cycle'],
    [`export default 1`, 'no-default-export'],
    [`process.env['HOME']`, 'no-process-env'],
    [`Promise.resolve(1)`, 'no-floating-promises'],
    [`[1].forEach(async () => {})`, 'no-misused-promises'],
    [`export const wait = async (n: number) => await n`, 'await-thenable'],
    [`export const any = (value: any) => value`, 'no-explicit-any'],
    [`export let two = 2; two = 3`, 'no-mutable-exports'],
    [`console.log(1)`, 'no-console'],
  ],
  'packages/a/b.ts': [[`import './a.ts'`, 'no-cycle']],
  'packages/a/config.ts': [[`process.env['HOME']`]],
  'packages/a/a.test.ts': [
    [`import { expect, test } from '@jest/globals'`],
    [`test.only('a', () => expect(1).toBe(1))`, 'no-focused-tests'],
    [`test.skip('b', () => expect(1).toBe(1))`, 'no-disabled-tests'],
    [`test('c', () => {})`, 'expect-expect'],
    [`test('d', () => expect(1).toBe(1))`],
  ],
}

interface Report {
  readonly diagnostics: readonly {
    readonly code: string
    readonly filename: string
    readonly labels: readonly { readonly span: { readonly line: number } }[]
  }[]
}

/** Lints the planted files under the repository's own configuration. */
const lint = async (): Promise<Report> => {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-lint-'))
  try {
    for (const file of ['.oxlintrc.json', 'tsconfig.base.json', 'tsconfig.json', 'package.json']) {
      cpSync(join(root, file), join(folder, file))
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    for (const [file, lines] of Object.entries(planted)) {
      mkdirSync(join(folder, dirname(file)), { recursive: true })
      writeFileSync(join(folder, file), lines.map(([code]) => `${code};\n`).join(''))
    }
    const { output } = await run(bin('oxlint'), ['--format=json', 'packages', 'services'], {
      cwd: folder,
    })
    return JSON.parse(output) as Report
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('every planted violation is found on its line, and nothing else', async () => {
  const { diagnostics } = await lint()
  const found = diagnostics
    // Statements without effect are what the plants are made of.
    .filter(({ code }) => !code.includes('no-unused-expressions'))
    .map(({ code, filename, labels }) => {
      const rule = /\(([^)]+)\)/.exec(code)?.[1] ?? code
      return `${filename}:${labels[0]?.span.line}: ${rule}`
    })
  const expected = Object.entries(planted).flatMap(([file, lines]) =>
    lines.flatMap(([, rule], i) => (rule === undefined ? [] : [`${file}:${i + 1}: ${rule}`])),
  )
  expect([...new Set(found)].toSorted()).toEqual(expected.toSorted())
})
