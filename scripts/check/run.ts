/** Runs one command of the check and keeps what it says. */
import { spawn } from 'node:child_process'
import { delimiter, join, resolve } from 'node:path'

export const root: string = resolve(import.meta.dirname, '../..')
const binFolder = join(root, 'node_modules/.bin')

/** The path of a tool that npm installed. */
export const bin = (name: string): string => join(binFolder, name)

export interface Finished {
  /** The exit code; 1 if a signal ended it or it could not be started. */
  readonly code: number
  /** Standard output and standard error, as they came. */
  readonly output: string
}

export interface RunOptions {
  readonly cwd?: string
  /** Shows each piece of output at once, too. */
  readonly live?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** Ends the command when it aborts. */
  readonly signal?: AbortSignal
}

/** Runs a command without standard input. Never rejects: what goes wrong is in the outcome. */
export const run = (
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> =>
  new Promise((done) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        // The tools start `node` by name: it must be the pinned one, however this was started.
        PATH: `${binFolder}${delimiter}${process.env['PATH'] ?? ''}`,
        ...options.env,
      },
      ...(options.signal && { signal: options.signal }),
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (options.live) process.stdout.write(text)
      })
    }
    child.on('error', (error) => (output += `${command}: ${error.message}\n`))
    child.on('close', (code) => done({ code: code ?? 1, output }))
  })
