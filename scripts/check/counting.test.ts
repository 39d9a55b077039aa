/** The check must not be able to say that all is well when it is not. */
import { describe, expect, test } from '@jest/globals'
import { judge, type JestReport } from './jest-run.ts'
import { perform, performAll, summary, type Check } from './outcome.ts'

const report = (passed: number, failed = 0, broken = 0): JestReport => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numRuntimeErrorTestSuites: broken,
})

describe('judging a run of jest', () => {
  test.each<[string, JestReport | undefined, number, string, { passed: number; failed: number }]>([
    ['all passed', report(7), 0, '', { passed: 7, failed: 0 }],
    ['some failed', report(7, 2), 1, '', { passed: 7, failed: 2 }],
    [
      'a file that could not run counts as failed',
      report(7, 0, 1),
      1,
      '',
      { passed: 7, failed: 1 },
    ],
    ['no test at all is a failure', report(0), 0, '', { passed: 0, failed: 1 }],
    ['no report is a failure', undefined, 0, '', { passed: 0, failed: 1 }],
    ['a bad exit without a failed test is one', report(7), 1, '', { passed: 7, failed: 1 }],
  ])('%s', (_, given, code, output, expected) => {
    expect(judge(given, code, output)).toMatchObject(expected)
  })
})

test('something left open is told, and a failure once jest had to be ended for it', () => {
  const output = 'Jest did not exit one second after the test run has completed.'
  expect(judge(report(7), 0, output)).toMatchObject({ failed: 0, remarks: [expect.anything()] })
  expect(judge(report(7), 1, output)).toMatchObject({ failed: 1 })
})

const check = (name: string, run: Check['run']): Check => ({ name, run })
const passing = check('good', async () => ({ status: 'passed', output: '' }))

describe('performing checks', () => {
  test('one that throws has failed, and says how', async () => {
    const broken = check('broken', () => Promise.reject(new Error('planted')))
    const outcome = await perform(broken)
    expect(outcome).toMatchObject({ status: 'failed', passed: 0, failed: 1 })
    expect(outcome.output).toContain('planted')
  })

  test('one that is skipped counts as neither, and says why', async () => {
    const idle = check('idle', async () => ({ status: 'skipped', output: 'nothing to compare' }))
    expect(await perform(idle)).toMatchObject({
      passed: 0,
      failed: 0,
      output: 'nothing to compare',
    })
  })

  test('all are performed, in their order, no more at once than asked for', async () => {
    let running = 0
    let most = 0
    const told: string[] = []
    const slow = (name: string): Check =>
      check(name, async () => {
        most = Math.max(most, (running += 1))
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
        return { status: 'passed', output: '' }
      })
    const names = ['a', 'b', 'c', 'd', 'e']
    const outcomes = await performAll(names.map(slow), 2, ({ name }) => told.push(name))
    expect(outcomes.map(({ name }) => name)).toEqual(names)
    expect(told.toSorted()).toEqual(names)
    expect(most).toBe(2)
  })
})

test('the last line of the summary counts every test and every check', async () => {
  const bad = await perform(
    check('bad', async () => ({ status: 'failed', output: 'x', advice: 'do y' })),
  )
  const jest = { ...(await perform(passing)), passed: 40, failed: 3 }
  expect(bad.output).toBe('x\ndo y')
  expect(
    summary([await perform(passing), bad, jest])
      .split('\n')
      .at(-1),
  ).toBe('41 passed, 4 failed')
})
