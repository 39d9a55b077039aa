/** P7: a mailbox takes so much and no more, and who writes to it is told. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { NETWORKS, type Network } from '@isthmus/runtime/address'
import { ACCEPTED, type Answer } from './support/client.ts'
import { deviceOf, lettersFor, Party } from './support/party.ts'
import { Phone } from './support/phone.ts'
import type { SeededPerson } from './support/seed.ts'

const LETTERS = 40
const BYTES = 1_000_000

let party: Party

beforeAll(async () => {
  party = await Party.begin([1, 1, 1, 2, 1], {
    ISTHMUS_MAILBOX_LETTERS: String(LETTERS),
    ISTHMUS_MAILBOX_BYTES: String(BYTES),
  })
}, 30_000)

afterAll(() => party.end())

/** How each protocol says that a mailbox is full. */
const SAID: Record<Network, string> = {
  whatsapp: 'wait/resource-constraint',
  messenger: '0x97',
  instagram: 'A mailbox of the recipient is full: try again later.',
}

const counted = (answers: readonly Answer[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { error } of answers) counts[error] = (counts[error] ?? 0) + 1
  return counts
}

describe.each(NETWORKS)('%s', (network) => {
  let phone: Phone

  beforeAll(async () => {
    phone = await Phone.connect(party.relay, deviceOf(party.person(network, 0)))
  })
  afterAll(() => phone.close())

  /** Submissions without waiting for answers between them; the same ids each time. */
  const sendMany = (to: SeededPerson, many: number, bytes = 100): Promise<readonly Answer[]> => {
    const send = (_: unknown, index: number): Promise<Answer> =>
      phone.send(to, `${to.handle} ${index}`, lettersFor(to, bytes))
    return Promise.all(Array.from({ length: many }, send))
  }

  const take = async (who: SeededPerson, device: number, letters: number): Promise<number> => {
    const reader = await Phone.reading(party.relay, who.devices[device] ?? deviceOf(who))
    let last = 0
    for (let taken = 0; taken < letters; taken++) last = (await reader.take()).sequence
    await reader.close()
    return last
  }

  test('a mailbox takes its number of letters and not one more, however fast they come', async () => {
    const full = party.person(network, 1)
    const answers = await sendMany(full, 3 * LETTERS)
    expect(counted(answers)).toEqual({ ACCEPTED: LETTERS, MAILBOX_FULL: 2 * LETTERS })
    const refused = answers.at(-1)
    expect(refused?.said).toBe(SAID[network])
    expect(refused?.retryAfterMs).toBeGreaterThan(0)
    // Others have room.
    expect(await sendMany(party.person(network, 2), 1)).toEqual([ACCEPTED])
    // Some of it is read: what was accepted still is, and there is room for what was refused.
    await take(full, 0, 10)
    expect(counted(await sendMany(full, LETTERS + 20))).toEqual({
      ACCEPTED: LETTERS + 10,
      MAILBOX_FULL: 10,
    })
    expect(await take(full, 0, LETTERS)).toBe(LETTERS + 10)
  })

  test('a message for two devices, of which one is full, reaches neither', async () => {
    const person = party.person(network, 3)
    expect(counted(await sendMany(person, LETTERS))).toEqual({ ACCEPTED: LETTERS })
    await take(person, 1, LETTERS)
    const send = (): Promise<Answer> => phone.send(person, 'one more', lettersFor(person))
    expect((await send()).error).toBe('MAILBOX_FULL')
    await take(person, 0, 1)
    expect(await send()).toEqual(ACCEPTED)
    // The device that had room got nothing in between.
    expect(await take(person, 1, 1)).toBe(LETTERS + 1)
  })

  test('a mailbox takes its number of bytes', async () => {
    const answers = await sendMany(party.person(network, 4), 30, 65_000)
    expect(counted(answers)).toEqual({ ACCEPTED: 15, MAILBOX_FULL: 15 })
    // There is still room for a small one.
    expect(await sendMany(party.person(network, 4), 31, 64)).toContainEqual(ACCEPTED)
  })
})
