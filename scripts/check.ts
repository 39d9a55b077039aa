/**
 * All that must hold before a change goes in: what `npm test` and CI run. First the quick checks,
 * two at a time, then jest; at the very end `N passed, N failed`, counting every test and check.
 * usage: node scripts/check.ts [jest's arguments: they narrow the tests, the checks all run]
 */
import { checks } from './check/checks.ts'
import { runJest } from './check/jest-run.ts'
import { longFiles } from './check/long-files.ts'
import { heading, performAll, summary, type Outcome } from './check/outcome.ts'
import { root } from './check/run.ts'

const tell = (outcome: Outcome): void => {
  console.log(`${outcome.status.padEnd(7)}  ${outcome.name} (${outcome.seconds.toFixed(1)} s)`)
  if (outcome.output !== '') console.log(outcome.output.replaceAll(/^/gm, '  '))
}

console.log(heading('checks'))
const quick = await performAll(checks, 2, tell)

console.log(heading('tests'))
const tests = await runJest(process.argv.slice(2))
tell(tests)

const long = longFiles(root)
if (long.length > 0) console.log(`${heading('long files (a warning)')}\n${long.join('\n')}`)

const outcomes = [...quick, tests]
console.log(`${heading('summary')}\n${summary(outcomes)}`)
process.exitCode = outcomes.some(({ status }) => status === 'failed') ? 1 : 0
