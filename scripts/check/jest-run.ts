/** Runs jest and counts what it did from its own report. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jestArguments } from '../jest.ts'
import type { Outcome } from './outcome.ts'
import { root, run } from './run.ts'

/** The parts of jest's --json report that are counted. */
export interface JestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  /** Files that could not be run at all: their tests are in no other number. */
  readonly numRuntimeErrorTestSuites: number
}

/**
 * What jest prints when a test left something open. In a worker it is a warning, since a slow
 * machine alone can cause it; where jest itself hangs, it is ended and that is a failure.
 */
const LEAK = /did not exit one second after|has failed to exit gracefully/

const LEAK_ADVICE =
  'a test may have left a socket, timer or process open: see `npm run jest -- FILE --detectOpenHandles`'

/** How long jest may take to leave after its report is written, in milliseconds. */
const EXIT_GRACE_MS = 15_000

/**
 * @param report undefined if jest wrote none.
 * @returns the counts (each complaint counts as failed), and what to say beyond failing tests.
 */
export const judge = (
  report: JestReport | undefined,
  code: number,
  output: string,
): { passed: number; failed: number; remarks: readonly string[] } => {
  const complaints: string[] = []
  const passed = report?.numPassedTests ?? 0
  const failed = (report?.numFailedTests ?? 0) + (report?.numRuntimeErrorTestSuites ?? 0)
  if (report === undefined) complaints.push(`jest ended with code ${code} and without a report`)
  else if (passed + failed === 0) complaints.push('jest ran no test')
  else if (code !== 0 && failed === 0) complaints.push(`jest ended with code ${code}`)
  const warnings = LEAK.test(output) ? [LEAK_ADVICE] : []
  return { passed, failed: failed + complaints.length, remarks: [...complaints, ...warnings] }
}

const readReport = (file: string): JestReport | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JestReport
  } catch {
    return undefined
  }
}

/** @param args passed on to jest: files, `-t name` and so on. */
export const runJest = async (args: readonly string[]): Promise<Outcome> => {
  const started = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-check-'))
  const file = join(folder, 'jest.json')
  try {
    const stop = new AbortController()
    const watch = setInterval(() => {
      if (readReport(file) === undefined) return
      clearInterval(watch)
      setTimeout(() => stop.abort(), EXIT_GRACE_MS).unref()
    }, 1000)
    const { code, output } = await run(
      process.execPath,
      [...jestArguments, '--json', '--outputFile', file, ...args],
      { cwd: root, live: true, signal: stop.signal },
    )
    clearInterval(watch)
    const { passed, failed, remarks } = judge(readReport(file), code, output)
    return {
      name: 'jest',
      status: failed === 0 ? 'passed' : 'failed',
      seconds: (performance.now() - started) / 1000,
      output: remarks.join('\n'),
      passed,
      failed,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
