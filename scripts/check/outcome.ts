/** What a check comes to, and how it is told. */
export interface Outcome {
  readonly name: string
  /** `skipped`: there was nothing to check; the output says why. Counts as neither. */
  readonly status: 'passed' | 'failed' | 'skipped'
  readonly seconds: number
  readonly output: string
  /** How many tests it stands for; a plain check stands for itself. */
  readonly passed: number
  readonly failed: number
}

/** A check finds nothing (passed), or says what it found. */
export type Verdict =
  | { readonly status: 'passed' | 'skipped'; readonly output: string }
  | { readonly status: 'failed'; readonly output: string; readonly advice?: string }

export interface Check {
  readonly name: string
  readonly run: () => Promise<Verdict>
}

const since = (started: number): number => (performance.now() - started) / 1000

/** Runs a check. One that throws has failed. */
export const perform = async (check: Check): Promise<Outcome> => {
  const started = performance.now()
  const verdict = await check.run().catch((error: unknown): Verdict => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { status: 'failed', output: text }
  })
  const advice = 'advice' in verdict ? `\n${verdict.advice}` : ''
  return {
    name: check.name,
    status: verdict.status,
    seconds: since(started),
    output: `${verdict.output.trimEnd()}${advice}`.trim(),
    passed: verdict.status === 'passed' ? 1 : 0,
    failed: verdict.status === 'failed' ? 1 : 0,
  }
}

/** Performs all, at most `width` at a time, and tells of each as it ends; keeps the order. */
export const performAll = async (
  checks: readonly Check[],
  width: number,
  tell: (outcome: Outcome) => void,
): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = []
  const waiting = [...checks.entries()]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const outcome = await perform(next[1])
      outcomes[next[0]] = outcome
      tell(outcome)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  return outcomes
}

export const heading = (text: string): string =>
  `\n== ${text} ${'='.repeat(Math.max(3, 74 - text.length))}`

/** The table of checks, then `N passed, N failed` alone on the last line. */
export const summary = (outcomes: readonly Outcome[]): string => {
  const sum = (of: 'passed' | 'failed'): number => outcomes.reduce((n, each) => n + each[of], 0)
  const width = Math.max(...outcomes.map(({ name }) => name.length))
  const rows = outcomes.map(
    ({ name, status, seconds }) =>
      `${name.padEnd(width)}  ${status.padEnd(7)}  ${seconds.toFixed(1).padStart(6)} s`,
  )
  return [...rows, '', `${sum('passed')} passed, ${sum('failed')} failed`].join('\n')
}
