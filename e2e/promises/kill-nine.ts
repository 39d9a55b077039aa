/**
 * `node e2e/promises/kill-nine.ts [--kills 50] [--seed N]`: kills a relay under load so many
 * times, prints what came of it, and exits 0 only if every promise held. The same seed makes the
 * same choices, though not the same moments.
 */
import { parseArgs } from 'node:util'
import { killNine } from './support/kill-nine.ts'
import { FAULTS } from './support/ledger.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const began = performance.now()
console.log(`kills ${values.kills}, seed ${values.seed}`)
const result = await killNine({
  kills: Number(values.kills),
  seed: Number(values.seed),
  say: (line) => console.log(line),
})
console.table(result)
console.log(`${((performance.now() - began) / 1000).toFixed(1)} s`)
if ([...FAULTS, 'leftBehind' as const].some((fault) => result[fault] > 0)) process.exitCode = 1
