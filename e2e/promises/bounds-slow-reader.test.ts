/**
 * P7: an app that stops reading its socket, with far more letters waiting than the relay would want
 * to hold for it, is let go with its protocol's word for it, costs the relay a bounded amount of
 * memory and others nothing, and catches up from its mailbox when it is back.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { NETWORKS, type Network } from '@isthmus/runtime/address'
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Conversation } from './support/conversation.ts'
import { MEGABYTE, MemoryWatch } from './support/memory.ts'
import { deviceOf, Party } from './support/party.ts'
import { Phone } from './support/phone.ts'
import type { SeededPerson } from './support/seed.ts'

const LETTERS = 800
const LETTER_BYTES = 65_536
const AT_ONCE = 50
/**
 * The relay lets go after a second without progress, looks once a second, and then gives the
 * client five seconds to take what is on the way.
 */
const HANG_MS = 4000
/**
 * What three readers that hang may cost beyond three that are not there: half a megabyte each
 * waits in the relay, as much in its socket, twice that in base64. A relay that writes them all
 * that they have coming takes over 150.
 */
const MOST_MEGABYTES = 90

let party: Party
let writers: readonly Phone[]

beforeAll(async () => {
  party = await Party.begin([1, 1, 1, 1, 1], { ISTHMUS_SLOW_READER_SECONDS: '1' })
  const connect = (who: SeededPerson): Promise<Phone> => Phone.connect(party.relay, deviceOf(who))
  writers = await Promise.all(everywhere(0).map(connect))
}, 30_000)

afterAll(() => party.end())

/** The person with this number on each network. */
const everywhere = (index: number): readonly SeededPerson[] =>
  NETWORKS.map((network) => party.person(network, index))

const GOODBYE: Record<Network, { readonly code: number; readonly said: string }> = {
  whatsapp: { code: 1013, said: 'resource-constraint' },
  messenger: { code: 4480, said: '0x97' },
  instagram: { code: 4480, said: '' },
}

const contents = Array.from({ length: LETTERS }, () => randomBytes(LETTER_BYTES))

const writeTo = async (writer: Phone, to: SeededPerson): Promise<void> => {
  const device = deviceOf(to).id
  for (let from = 0; from < LETTERS; from += AT_ONCE) {
    const answers = contents
      .slice(from, from + AT_ONCE)
      .map((sealed, at) => writer.send(to, `${device} ${from + at}`, [{ device, sealed }]))
    for (const { error } of await Promise.all(answers)) expect(error).toBe('ACCEPTED')
  }
}

/** Writes everything to three people; tells the relay's memory at its highest. */
const writeAll = async (recipients: readonly SeededPerson[]): Promise<number> => {
  const memory = new MemoryWatch(party.relay.pid)
  await Promise.all(writers.map((writer, at) => writeTo(writer, recipients[at] ?? never())))
  return memory.stop()
}

const never = (): never => {
  throw new RangeError('there is nobody to write to')
}

const expectAll = async (who: SeededPerson): Promise<void> => {
  const phone = await Phone.reading(party.relay, deviceOf(who))
  for (const [index, sealed] of contents.entries()) {
    const letter = await phone.take()
    expect(letter.sequence).toBe(index + 1)
    expect(Buffer.from(letter.sealed).equals(sealed)).toBe(true)
  }
  await phone.close()
}

test('readers that hang are let go, cost little, harm nobody, and catch up', async () => {
  const readers = everywhere(2)
  const absent = await writeAll(everywhere(1))
  const phones = await Promise.all(
    readers.map((reader) => Phone.reading(party.relay, deviceOf(reader))),
  )
  const talks = await Promise.all(
    NETWORKS.map((network) =>
      Conversation.begin(party.relay, [party.person(network, 3), party.person(network, 4)]),
    ),
  )
  for (const { client } of phones) client.pause()
  const hanging = wait(HANG_MS)
  const present = await writeAll(readers)
  await hanging
  for (const { client } of phones) client.resume()
  for (const phone of phones) expect(await phone.ended()).toMatchObject(GOODBYE[phone.who.network])
  expect((present - absent) / MEGABYTE).toBeLessThan(MOST_MEGABYTES)

  await Promise.all(readers.map(expectAll))
  for (const talk of talks) {
    const { letters, worstMs } = await talk.end()
    expect(letters).toBeGreaterThan(20)
    expect(worstMs).toBeLessThan(5000)
  }
  await Promise.all(writers.map((writer) => writer.close()))
}, 60_000)
