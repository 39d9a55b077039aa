/** What a process takes of the machine's memory. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export const MEGABYTE = 1_048_576

/** Resident bytes of a process. */
export const residentBytes = (pid: number): number => {
  if (process.platform === 'linux') {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
  }
  const args = ['-o', 'rss=', '-p', String(pid)]
  return Number(execFileSync('ps', args, { encoding: 'utf8' }).trim()) * 1024
}

/** Looks at a process's memory all the time. */
export class MemoryWatch {
  readonly #pid: number
  readonly #timer: NodeJS.Timeout
  #peak = 0

  constructor(pid: number) {
    this.#pid = pid
    this.#timer = setInterval(() => this.#look(), 50)
  }

  /** The most bytes that it took meanwhile. */
  stop(): number {
    this.#look()
    clearInterval(this.#timer)
    return this.#peak
  }

  #look(): void {
    this.#peak = Math.max(this.#peak, residentBytes(this.#pid))
  }
}
