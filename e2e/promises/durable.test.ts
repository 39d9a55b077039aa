/**
 * P1: accepted is durable. The relay dies in the turn in which a single acceptance is heard, and
 * every letter is there when it is back, for every protocol that a sender may speak.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { NETWORKS, type Network } from '@isthmus/runtime/address'
import { deviceOf, lettersFor, Party, sealedFor } from './support/party.ts'
import { Phone } from './support/phone.ts'
import type { SeededDevice, SeededPerson } from './support/seed.ts'

/** As many as an account can have: with the largest letters, the largest submission. */
const MANY_DEVICES = 16

let party: Party

beforeAll(async () => {
  party = await Party.begin([1, 2, MANY_DEVICES])
}, 30_000)

afterAll(() => party.end())

/** Submits one message, and kills the relay as soon as it is said to be accepted. */
const expectOutlivesKill = async (
  sender: SeededDevice,
  recipient: SeededPerson,
  bytes: number,
): Promise<void> => {
  const letters = lettersFor(recipient, bytes)
  const phone = await Phone.connect(party.relay, sender)
  const answer = await phone.send(recipient, `${bytes} to ${recipient.network}`, letters)
  const ended = party.relay.end('SIGKILL')
  expect(answer.error).toBe('ACCEPTED')
  await ended
  await phone.ended()
  await party.relay.startAgain()
  const check = async (device: SeededDevice): Promise<void> => {
    const reader = await Phone.reading(party.relay, device)
    const { sealed } = await reader.take()
    expect(Buffer.from(sealed).equals(sealedFor(letters, device))).toBe(true)
    await reader.close()
  }
  await Promise.all(recipient.devices.map(check))
}

const after = (network: Network, steps: number): Network =>
  NETWORKS[(NETWORKS.indexOf(network) + steps) % NETWORKS.length] ?? network

test.each(NETWORKS)(
  'what %s was told is accepted outlives the process that said so',
  async (network) => {
    const sender = deviceOf(party.person(network, 0))
    await expectOutlivesKill(sender, party.person(after(network, 1), 1), 300)
    await expectOutlivesKill(sender, party.person(after(network, 2), 2), 65_536)
    await expectOutlivesKill(sender, party.person(after(network, 1), 2), 65_536)
  },
  60_000,
)
