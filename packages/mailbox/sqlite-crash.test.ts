/**
 * P1 to P4 under kill -9: a process appends, is killed at a random moment, and whatever it had
 * said must hold in the file; again and again on the same file. `CRASH_KILLS` sets how often.
 */
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { type DeviceId, randomId } from '@isthmus/runtime/ids'
import { openSqliteThread } from '@isthmus/sqlite/open'
import { openSqliteMailboxes } from './sqlite.ts'
import { createWitness } from './testing/witness.ts'

const KILLS = Number(process.env['CRASH_KILLS'] ?? 10)
const CHILD = fileURLToPath(new URL('./testing/crash-child.ts', import.meta.url))
const MAX_LIFE_MS = 400

/** The process writes into a file, so that all it has said is there whenever it dies. */
const runAndKill = async (
  path: string,
  log: string,
  round: number,
  boxes: readonly DeviceId[],
): Promise<readonly string[]> => {
  const output = openSync(log, 'w')
  const args = [CHILD, path, String(round).padStart(4, '0'), boxes.join(',')]
  const child = spawn(process.execPath, args, { stdio: ['ignore', output, 'inherit'] })
  closeSync(output)
  let dead = false
  const exited = once(child, 'exit').finally(() => {
    dead = true
  })
  while (!dead && statSync(log).size === 0) await setTimeout(5)
  await setTimeout(randomInt(MAX_LIFE_MS))
  child.kill('SIGKILL')
  const [, signal] = (await exited) as [number | null, NodeJS.Signals | null]
  expect(signal).toBe('SIGKILL')
  // What follows the last line break was cut off.
  return readFileSync(log, 'utf8').split('\n').slice(0, -1)
}

test(
  `${KILLS} times kill -9 under load: nothing accepted is lost, repeated or out of order`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'isthmus-crash-'))
    const path = join(folder, 'data.db')
    const boxes = Array.from({ length: 60 }, () => randomId() as DeviceId)
    const witness = createWitness(boxes)
    for (let round = 0; round < KILLS; round++) {
      const lines = await runAndKill(path, join(folder, 'said'), round, boxes)
      lines.forEach(witness.hear)
      const thread = await openSqliteThread(path)
      const store = await openSqliteMailboxes(thread)
      await witness.compare(store)
      await store.close()
      await thread.close()
    }
    expect(witness.accepted()).toBeGreaterThan(KILLS * 10)
    rmSync(folder, { recursive: true })
  },
  30_000 + KILLS * 5_000,
)
