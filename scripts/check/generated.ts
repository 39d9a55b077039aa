/** Whether proto/gen is what `npm run generate` makes of proto/ today. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Verdict } from './outcome.ts'
import { root, run } from './run.ts'

/** Every file under a folder, by its path in it. */
const readTree = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]),
  )

/** One line for each file that is missing, left over or different. */
export const differences = (
  kept: ReadonlyMap<string, string>,
  made: ReadonlyMap<string, string>,
): readonly string[] =>
  [...new Set([...kept.keys(), ...made.keys()])]
    .toSorted()
    .filter((path) => kept.get(path) !== made.get(path))
    .map((path) => {
      if (!kept.has(path)) return `missing: ${path}`
      return made.has(path) ? `out of date: ${path}` : `left over: ${path}`
    })

export const checkGenerated = async (): Promise<Verdict> => {
  const scratch = mkdtempSync(join(tmpdir(), 'isthmus-generated-'))
  try {
    const out = join(scratch, 'gen')
    const { code, output } = await run(process.execPath, ['scripts/generate.ts', out])
    if (code !== 0) return { status: 'failed', output }
    const found = differences(readTree(join(root, 'proto/gen')), readTree(out))
    return found.length === 0
      ? { status: 'passed', output: '' }
      : {
          status: 'failed',
          output: found.map((line) => `proto/gen: ${line}`).join('\n'),
          advice: 'Run `npm run generate`.',
        }
  } finally {
    rmSync(scratch, { recursive: true })
  }
}
