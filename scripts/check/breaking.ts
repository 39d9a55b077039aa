/**
 * Whether the contract still understands the last commit's: against HEAD while proto/ has changes
 * that are not committed, against the commit before it once they are.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Verdict } from './outcome.ts'
import { bin, root, run, type Finished } from './run.ts'

const nothing = (why: string): Verdict => ({
  status: 'skipped',
  output: `nothing to compare: ${why}`,
})

/** @param folder the repository. */
export const checkBreaking = async (folder: string = root): Promise<Verdict> => {
  const git = (...args: string[]): Promise<Finished> => run('git', args, { cwd: folder })
  const has = async (commit: string): Promise<boolean> =>
    (await git('cat-file', '-e', `${commit}:proto/buf.yaml`)).code === 0

  if ((await git('rev-parse', '--git-dir')).code !== 0) return nothing('this is no git repository')
  if (!(await has('HEAD'))) return nothing('the contract has not been committed yet')
  const changed = (await git('diff', '--quiet', 'HEAD', '--', 'proto/isthmus')).code !== 0
  const base = changed ? 'HEAD' : 'HEAD^'
  if (!(await has(base))) return nothing('there is no commit before this one')

  const scratch = mkdtempSync(join(tmpdir(), 'isthmus-breaking-'))
  try {
    const archive = join(scratch, 'before.tar')
    const packed = await git('archive', '--format=tar', '--output', archive, base, 'proto')
    if (packed.code !== 0) return { status: 'failed', output: packed.output }
    const against = `${archive}#subdir=proto`
    const { code, output } = await run(bin('buf'), ['breaking', 'proto', '--against', against], {
      cwd: folder,
    })
    return code === 0
      ? { status: 'passed', output: '' }
      : {
          status: 'failed',
          output,
          advice: `Compared with ${base}. Add fields under new numbers; reserve what goes.`,
        }
  } finally {
    rmSync(scratch, { recursive: true })
  }
}
