/** P6: nobody reads, resumes or acknowledges what is another's. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { NETWORKS, type Network } from '@isthmus/runtime/address'
import { ACCEPTED, REALM, type Credentials, type Letter } from './support/client.ts'
import { operation } from './support/graphql.ts'
import { puback, subscribe } from './support/mqtt-packets.ts'
import { deviceOf, lettersFor, Party, sealedFor } from './support/party.ts'
import { Phone } from './support/phone.ts'
import {
  ask,
  askMqtt,
  askXmpp,
  boundXmpp,
  mqttFields,
  openGraphql,
  openMqtt,
  provoke,
} from './support/probe.ts'
import type { SeededDevice, SeededPerson } from './support/seed.ts'
import { login, SM } from './support/xmpp.ts'

let party: Party
/** Writes to everybody. */
let writer: Phone

beforeAll(async () => {
  party = await Party.begin([1, 1, 1, 1])
  writer = await Phone.connect(party.relay, deviceOf(party.person('instagram', 2)))
}, 30_000)

afterAll(() => party.end())

/** Who attacks, and who is attacked. */
const attackerOf = (network: Network): SeededDevice => deviceOf(party.person(network, 0))
const victimOf = (network: Network): SeededPerson => party.person(network, 1)

const PINGREQ = Buffer.from([0xc0, 0])

let submissions = 0

/** Puts a letter into somebody's mailbox. */
const write = async (to: SeededPerson): Promise<Buffer> => {
  const letters = lettersFor(to)
  expect(await writer.send(to, `m${submissions++}`, letters)).toEqual(ACCEPTED)
  return sealedFor(letters, deviceOf(to))
}

/** The letter is still there for its owner, and nothing else is before it. */
const expectNext = async (owner: SeededPerson, sealed: Buffer): Promise<Letter> => {
  const reader = await Phone.reading(party.relay, deviceOf(owner))
  const letter = await reader.take()
  expect(Buffer.from(letter.sealed).equals(sealed)).toBe(true)
  await reader.close()
  return letter
}

test('a stolen resumption id resumes nothing, and stays good for its owner', async () => {
  const { urls } = party.relay
  const victim = deviceOf(victimOf('whatsapp'))
  const { socket: stream, previd } = await boundXmpp(urls, victim)
  stream.drop()
  await stream.closed
  const resume = `<resume ${SM} previd='${previd}' h='0'/>`

  const thief = await login(urls.whatsapp, attackerOf('whatsapp'))
  expect(await askXmpp(thief, resume)).toMatch(/^<failed .*<item-not-found/)
  thief.drop()

  const owner = await login(urls.whatsapp, victim)
  expect(await askXmpp(owner, resume)).toMatch(/^<resumed /)
  // Not while it is in use, not even by its owner.
  expect(await askXmpp(owner, resume)).toMatch(/^<failed .*<unexpected-request/)
  owner.drop()
})

test('a count of stanzas that were never sent ends the stream', async () => {
  const { socket } = await boundXmpp(party.relay.urls, deviceOf(victimOf('whatsapp')))
  const ending = await provoke(socket, `<a ${SM} h='1'/>`)
  expect(ending).toMatchObject({ code: 1002, said: 'undefined-condition' })
  expect(ending.frames.join('')).toContain('<handled-count-too-high')
})

test('equal client identifiers of different people do not meet', async () => {
  const { urls } = party.relay
  const victim = victimOf('messenger')
  const [mine, theirs] = [attackerOf('messenger'), deviceOf(victim)]
  const kept = { clean: false, clientId: 'phone' }
  const owner = await openMqtt(urls, mqttFields(theirs, 4, kept))
  await askMqtt(owner.socket, subscribe(4, 1, [`inbox/messenger/${victim.handle}`]))
  const thief = await openMqtt(urls, mqttFields(mine, 4, { ...kept, clean: true }))
  // No session present, and the owner was not put out.
  expect([...thief.connack.body]).toEqual([0, 0])
  const sealed = await write(victim)
  expect((await owner.socket.next('the letter')).includes(sealed)).toBe(true)
  // The thief got nothing: the next packet answers a ping.
  expect(await askMqtt(thief.socket, PINGREQ)).toMatchObject([{ type: 13 }])
  owner.socket.drop()
  thief.socket.drop()
  await Promise.all([owner.socket.closed, thief.socket.closed])
  // Nor does the session that was kept for the owner.
  const again = await openMqtt(urls, mqttFields(mine, 4, kept))
  expect([...again.connack.body]).toEqual([0, 0])
  expect(await askMqtt(again.socket, PINGREQ)).toMatchObject([{ type: 13 }])
  again.socket.drop()
  await expectNext(victim, sealed)
})

const ACKNOWLEDGE = 'mutation { acknowledge(upTo: 9007199254740991) }'

/** Acknowledges all that can be said in the protocol, with nothing open. */
const ACKNOWLEDGE_ALL: Record<Network, (who: Credentials) => Promise<void>> = {
  whatsapp: async (who) => {
    const { socket } = await boundXmpp(party.relay.urls, who)
    await provoke(socket, `<a ${SM} h='1'/>`)
  },
  messenger: async (who) => {
    const { socket } = await openMqtt(party.relay.urls, mqttFields(who, 5))
    const all = Array.from({ length: 100 }, (_, index) => puback(index + 1))
    expect(await askMqtt(socket, ...all, PINGREQ)).toMatchObject([{ type: 13 }])
    socket.drop()
  },
  instagram: async (who) => {
    const socket = await openGraphql(party.relay.urls, who)
    await ask(socket, operation('k', ACKNOWLEDGE))
    socket.drop()
  },
}

test.each(NETWORKS)('acknowledging on %s deletes nothing of another', async (network) => {
  const waiting = await Promise.all(NETWORKS.map((name) => write(victimOf(name))))
  await ACKNOWLEDGE_ALL[network](attackerOf(network))
  for (const [index, name] of NETWORKS.entries()) {
    await expectNext(victimOf(name), waiting[index] ?? Buffer.alloc(0))
  }
})

test.each(NETWORKS)('a letter for a device of another is refused on %s', async (network) => {
  const [addressed, bystander] = [party.person('messenger', 3), party.person('instagram', 3)]
  const sender = await Phone.connect(party.relay, attackerOf(network))
  const [mine, theirs] = [deviceOf(addressed).id, deviceOf(bystander).id]
  const answer = await sender.send(addressed, `stray ${network}`, lettersFor(bystander))
  expect(answer).toMatchObject({ error: 'STALE_DEVICES', missing: [mine], extra: [theirs] })
  const both = [...lettersFor(addressed), ...lettersFor(bystander)]
  const mixed = await sender.send(addressed, `mixed ${network}`, both)
  expect(mixed).toMatchObject({ error: 'STALE_DEVICES', missing: [], extra: [theirs] })
  await sender.close()
  for (const person of [addressed, bystander]) await expectNext(person, await write(person))
})

test('a mailbox is opened by its own device alone: no name of another is taken', async () => {
  const victim = victimOf('instagram')
  const sealed = await write(victim)
  const socket = await openGraphql(party.relay.urls, attackerOf('instagram'))
  const device = `subscription { inbox(device: "${deviceOf(victim).id}") { sequence } }`
  expect(await ask(socket, operation('i1', device))).toContain('Unknown argument')
  const me = await ask(socket, operation('q', '{ me { address device } }'))
  expect(me).toContain(attackerOf('instagram').id)
  expect(me).not.toContain(victim.handle)
  socket.drop()
  const { socket: stream } = await boundXmpp(party.relay.urls, attackerOf('whatsapp'))
  const to = `${victimOf('whatsapp').handle}@whatsapp.${REALM}`
  const roster = `<iq xmlns='jabber:client' type='get' id='r' to='${to}'><query xmlns='jabber:iq:roster'/></iq>`
  expect(await askXmpp(stream, roster)).toContain('<service-unavailable')
  stream.drop()
  await expectNext(victim, sealed)
})
