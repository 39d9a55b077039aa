/** Servers as processes of their own: started, measured and stopped by their process id. */
import { readFileSync } from 'node:fs'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'

export interface ServerProcess {
  readonly pid: number
  readonly stop: () => Promise<void>
}

/** Servers must not outlive a bench that is interrupted. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** Starts a server and waits until its output says that it is ready. */
export const startProcess = async (
  command: string,
  args: readonly string[],
  env: Record<string, string>,
  ready: (output: string) => boolean,
  cwd = process.cwd(),
): Promise<ServerProcess & { readonly output: string }> => {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  let output = ''
  await new Promise<void>((resolve, reject) => {
    const hear = (data: Buffer): void => {
      output += data.toString()
      if (ready(output)) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}:\n${output}`)))
  })
  return { pid: child.pid ?? 0, output, stop: () => stopProcess(child) }
}

const stopProcess = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(timer)
}

/** Clock ticks a second in /proc: 100 on every Linux that Node runs on. */
const TICKS = 100

/** Seconds of CPU, user and system, that a process and its threads have used. */
export const cpuSeconds = (pid: number): number => {
  if (process.platform === 'linux') {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS
  }
  const time = execFileSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  return time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
}

/** Resident bytes of a process. */
export const residentBytes = (pid: number): number => {
  const args = ['-o', 'rss=', '-p', String(pid)]
  return Number(execFileSync('ps', args, { encoding: 'utf8' }).trim()) * 1024
}
