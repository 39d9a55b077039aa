/** Every check but jest. Each says what it found and, where that is not plain, what to do. */
import type { Check, Verdict } from './outcome.ts'
import { checkBreaking } from './breaking.ts'
import { checkGenerated } from './generated.ts'
import { checkLockFile } from './lock-file.ts'
import { bin, run } from './run.ts'

/** A tool that exits 0 when it found nothing. */
const tool = (name: string, advice: string, command: string, args: readonly string[]): Check => ({
  name,
  run: async (): Promise<Verdict> => {
    const { code, output } = await run(bin(command), args, { env: { NO_COLOR: '1' } })
    return code === 0 ? { status: 'passed', output: '' } : { status: 'failed', output, advice }
  },
})

export const checks: readonly Check[] = [
  { name: 'lock file', run: checkLockFile },
  tool('formatting', 'Run `npm run format`.', 'prettier', ['--check', '--log-level=warn', '.']),
  tool('lint', 'The rules are in .oxlintrc.json.', 'oxlint', ['--type-aware', '--deny-warnings']),
  tool('types', 'tsconfig.base.json says how strict.', 'tsc', ['--project', '.']),
  tool('dead code', 'The entry points are in knip.json.', 'knip', ['--no-progress']),
  { name: 'generated code', run: checkGenerated },
  tool('proto lint', 'The rules are in proto/buf.yaml.', 'buf', ['lint', 'proto']),
  { name: 'proto breaking', run: checkBreaking },
]
