/**
 * P1 to P4 through kill -9 under load. ISTHMUS_KILLS=50 makes it the whole fifty;
 * `node e2e/promises/kill-nine.ts` prints the figures.
 */
import { expect, test } from '@jest/globals'
import { killNine } from './support/kill-nine.ts'
import { FAULTS } from './support/ledger.ts'

const KILLS = Number(process.env['ISTHMUS_KILLS'] ?? 5)
const SEED = Number(process.env['ISTHMUS_SEED'] ?? Date.now() % 1_000_000)

test(
  `killed ${KILLS} times in the middle of group commits: nothing lost, nothing twice, order kept`,
  async () => {
    const result = await killNine({ kills: KILLS, seed: SEED, say: () => undefined })
    const nothing = Object.fromEntries(FAULTS.map((fault) => [fault, 0]))
    expect({ seed: SEED, ...result }).toMatchObject({ ...nothing, leftBehind: 0 })
    expect(result.accepted).toBe(result.submitted)
    // The kills came where they hurt: with submissions under way, of which some were on disk and
    // their senders did not know it yet.
    expect(result.inFlight).toBeGreaterThanOrEqual(KILLS)
    expect(result.storedUnheard).toBeGreaterThan(0)
  },
  60_000 + KILLS * 10_000,
)
