/** What a newcomer runs first: the demo, on a relay of its own. */
import { expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

const MAIN = resolve(import.meta.dirname, 'demo/main.ts')

test('the demo carries nine messages and shows what the relay saw', async () => {
  // Nothing listens on the discard port, so the demo does not meet a relay that happens to run.
  const env = { ...process.env, NODE_OPTIONS: '', ISTHMUS_DIRECTORY_URL: 'http://127.0.0.1:9' }
  const run = promisify(execFile)(process.execPath, [MAIN], { env, timeout: 40_000 })
  const { stdout } = await run
  expect(stdout).toContain('All nine directions work.')
  const [conversation, seen] = stdout.split('What the relay saw')
  expect(conversation?.match(/ reads from /g)).toHaveLength(9)
  expect(seen?.match(/ sealed bytes /g)?.length).toBeGreaterThanOrEqual(9)
  for (const leak of ['hello', 'mia.', 'ines_', '1415']) expect(seen).not.toContain(leak)
}, 60_000)
