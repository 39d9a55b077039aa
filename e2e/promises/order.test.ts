/**
 * P4 under load while sockets drop all the time, on both sides and in the middle of anything:
 * XMPP and MQTT take their sessions up again, GraphQL goes on from its cursor.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Network } from '@isthmus/runtime/address'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { RelayProcess } from '../harness/relay.ts'
import { Crowd, ROOMY_LOAD } from './support/crowd.ts'
import { FAULTS } from './support/ledger.ts'
import { createRandom } from './support/random.ts'
import { seed, type SeededPerson } from './support/seed.ts'
import { until } from './support/until.ts'

const SEED = Number(process.env['ISTHMUS_SEED'] ?? Date.now() % 1_000_000)
const SUBMISSIONS = 800
const DROPS = 120

let relay: RelayProcess
let people: SeededPerson[]
let crowd: Crowd

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-order-'))
  people = await seed(folder, [1, 1, 1, 2])
  // Windows that are full most of the time, so that inboxes go from live to reading and back.
  const windows = { ISTHMUS_WHATSAPP_WINDOW: '8', ISTHMUS_MESSENGER_WINDOW: '8' }
  relay = RelayProcess.on(folder, { ...ROOMY_LOAD, ...windows, ISTHMUS_INSTAGRAM_WINDOW: '8' })
  await relay.startAgain()
}, 30_000)

afterAll(async () => {
  await crowd.leave()
  await relay.dispose()
})

/** Drops somebody's socket every few milliseconds. */
const dropAround = async (crowd: Crowd, next: (below: number) => number): Promise<number> => {
  let drops = 0
  while (drops < DROPS && !crowd.idle) {
    const { client } = crowd.connections[next(crowd.connections.length)] ?? {}
    if (client) drops += 1
    client?.drop()
    await wait(next(20))
  }
  return drops
}

test('letters come in the order in which they were accepted, whatever drops', async () => {
  const random = createRandom(SEED)
  const senders = people.filter((_, index) => index % 4 < 2)
  const recipients = people.filter((_, index) => index % 4 >= 2)
  crowd = new Crowd(relay, senders, recipients, { random, depth: 32, count: SUBMISSIONS })
  const drops = await dropAround(crowd, random.below)
  await until('all to be submitted', () => crowd.idle, 30_000)
  await crowd.settled()
  const tally = crowd.ledger.tally()
  const nothing = Object.fromEntries(FAULTS.map((fault) => [fault, 0]))
  expect({ seed: SEED, ...tally }).toMatchObject(nothing)
  // Six writers, and to each of the six recipients one more at the end.
  expect(tally.accepted).toBe(6 * (SUBMISSIONS + 6))
  expect(drops).toBeGreaterThan(30)
  expect(tally.repeated).toBeGreaterThan(0)
  const resumptions = (network: Network): number =>
    crowd.connections
      .filter(({ who }) => who.network === network)
      .reduce((sum, connected) => sum + connected.resumptions, 0)
  expect(resumptions('whatsapp')).toBeGreaterThan(0)
  expect(resumptions('messenger')).toBeGreaterThan(0)
}, 90_000)
