/**
 * P3: nothing shows twice. A submission id that was accepted, submitted again in every way that a
 * client may, gets the first answer and stores nothing.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { NETWORKS, type Network } from '@isthmus/runtime/address'
import { ACCEPTED, type Answer } from './support/client.ts'
import { deviceOf, lettersFor, Party } from './support/party.ts'
import { Phone } from './support/phone.ts'
import type { SeededPerson } from './support/seed.ts'

const TESTS = 6

let party: Party

beforeAll(async () => {
  // On each network somebody who writes, with two devices, somebody to write to in each test, and
  // somebody else.
  party = await Party.begin([2, ...Array.from({ length: TESTS + 1 }, () => 1)])
}, 30_000)

afterAll(() => party.end())

const nextOf = (network: Network): Network =>
  NETWORKS[(NETWORKS.indexOf(network) + 1) % NETWORKS.length] ?? network

describe.each(NETWORKS)('%s', (network) => {
  let tests = 0
  let recipient: SeededPerson

  beforeEach(() => {
    tests += 1
    recipient = party.person(nextOf(network), tests)
  })

  /** A connection of the sender's first or second device. */
  const connect = (device = 0): Promise<Phone> => {
    const who = party.person(network, 0).devices[device]
    if (!who) throw new RangeError('there is no such device')
    return Phone.connect(party.relay, who)
  }

  const submit = (phone: Phone, id: string): Promise<Answer> =>
    phone.send(recipient, `${id} of test ${tests}`, lettersFor(recipient))

  /** Submits one more: what is in the mailbox then is these sequences, the last is its own. */
  const expectSequences = async (phone: Phone, ...sequences: readonly number[]): Promise<void> => {
    expect(await submit(phone, 'the last')).toEqual(ACCEPTED)
    const reader = await Phone.reading(party.relay, deviceOf(recipient))
    for (const sequence of sequences) expect((await reader.take()).sequence).toBe(sequence)
    expect(reader.letters.size).toBe(0)
    await reader.close()
    await phone.close()
  }

  test('many times at once, on one connection', async () => {
    const phone = await connect()
    const again = Array.from({ length: 8 }, () => submit(phone, 'one'))
    expect(await Promise.all(again)).toEqual(again.map(() => ACCEPTED))
    await expectSequences(phone, 1, 2)
  })

  test('while the first one is in flight and its socket is gone', async () => {
    for (const id of ['one', 'two', 'three']) {
      const gone = await connect()
      void gone.submit(recipient, `${id} of test ${tests}`, lettersFor(recipient))
      const dropped = gone.drop()
      const phone = await connect()
      expect(await submit(phone, id)).toEqual(ACCEPTED)
      await dropped
      await phone.drop()
    }
    await expectSequences(await connect(), 1, 2, 3, 4)
  })

  test('after its letter was acknowledged and deleted', async () => {
    const phone = await connect()
    expect(await submit(phone, 'one')).toEqual(ACCEPTED)
    const reader = await Phone.reading(party.relay, deviceOf(recipient))
    await reader.take()
    await reader.close()
    expect(await submit(phone, 'one')).toEqual(ACCEPTED)
    await expectSequences(phone, 2)
  })

  test('after the relay was killed, with the letter unread and with it acknowledged', async () => {
    const before = await connect()
    expect(await submit(before, 'read')).toEqual(ACCEPTED)
    const reader = await Phone.reading(party.relay, deviceOf(recipient))
    await reader.take()
    await reader.close()
    expect(await submit(before, 'unread')).toEqual(ACCEPTED)
    await party.killAndStart()
    const phone = await connect()
    expect(await submit(phone, 'read')).toEqual(ACCEPTED)
    expect(await submit(phone, 'unread')).toEqual(ACCEPTED)
    expect(await submit(phone, 'the last')).toEqual(ACCEPTED)
    const again = await Phone.reading(party.relay, deviceOf(recipient))
    const first = await again.take()
    // The acknowledgement of the first letter may have died with the relay; then the letter comes
    // again under its own sequence, and a client drops it.
    const sequences = [first, ...(first.sequence === 1 ? [await again.take()] : [])]
    expect(sequences.at(-1)?.sequence).toBe(2)
    expect((await again.take()).sequence).toBe(3)
    expect(again.letters.size).toBe(0)
    await again.close()
    await phone.close()
  })

  test('with other letters in it, or for somebody else', async () => {
    const phone = await connect()
    expect(await submit(phone, 'one')).toEqual(ACCEPTED)
    expect(await submit(phone, 'one')).toEqual(ACCEPTED)
    const other = party.person(network, TESTS + 1)
    const answer = phone.send(other, `one of test ${tests}`, lettersFor(other))
    expect(await answer).toEqual(ACCEPTED)
    const reader = await Phone.reading(party.relay, deviceOf(other))
    expect(await phone.send(other, 'only this one', lettersFor(other))).toEqual(ACCEPTED)
    expect((await reader.take()).sequence).toBe(1)
    await reader.close()
    await expectSequences(phone, 1, 2)
  })

  test('and the same id from another device is another submission', async () => {
    const phone = await connect(0)
    const other = await connect(1)
    const answers = [submit(phone, 'one'), submit(other, 'one'), submit(phone, 'one')]
    expect(await Promise.all(answers)).toEqual([ACCEPTED, ACCEPTED, ACCEPTED])
    await other.close()
    await expectSequences(phone, 1, 2, 3)
  })
})
