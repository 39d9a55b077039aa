/** Runs a job in a load process and measures the server's CPU over the measured time. */
import { fork } from 'node:child_process'
import type { Job, Report, Result } from './load/main.ts'
import { cpuSeconds } from './process.ts'

export interface Measured extends Result {
  /** Microseconds of the server's CPU for each delivered letter. */
  readonly cpuMicros: number
}

export const measure = (job: Job, serverPid: number): Promise<Measured> =>
  new Promise((resolve, reject) => {
    const child = fork(new URL('./load/main.ts', import.meta.url), { stdio: 'inherit' })
    let cpuBefore = 0
    const timer = setTimeout(() => child.kill('SIGKILL'), job.warmUpMs + job.measureMs + 60_000)
    child.on('message', (report: Report) => {
      if (report.kind === 'begin') cpuBefore = cpuSeconds(serverPid)
      else if (report.kind === 'end') {
        const cpu = cpuSeconds(serverPid) - cpuBefore
        resolve({ ...report.result, cpuMicros: (cpu * 1e6) / report.result.delivered })
        child.kill()
      } else if (report.kind === 'failed') {
        reject(new Error(report.why))
        child.kill()
      }
    })
    child.on('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`the load process ended early (${code})`))
    })
    child.send(job)
  })
