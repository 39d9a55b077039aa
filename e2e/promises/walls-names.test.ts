/** P6: nobody sends in the name of another. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Network } from '@isthmus/runtime/address'
import { randomUUID } from 'node:crypto'
import { ACCEPTED, REALM } from './support/client.ts'
import { envelope, lettersFor } from './support/letters.ts'
import { publish, subscribe } from './support/mqtt-packets.ts'
import { credentials, Namesakes } from './support/namesakes.ts'
import { Phone } from './support/phone.ts'
import { ask, askMqtt, boundXmpp, mqttFields, openMqtt, provoke } from './support/probe.ts'
import { Socket } from './support/socket.ts'
import { attribute, BIND, CLIENT, login, OPEN, plainAuth } from './support/xmpp.ts'

let people: Namesakes

beforeAll(async () => {
  people = await Namesakes.begin()
}, 40_000)

afterAll(() => people.end())

/** Somebody else's account gets one honest letter: nothing forged came before it. */
const expectNothingForged = async (network: Network): Promise<void> => {
  const reader = await Phone.reading(people.relay, credentials(people.other[network]))
  const sender = await Phone.connect(people.relay, credentials(people.own.instagram))
  const letters = lettersFor([people.other[network].id])
  const id = randomUUID()
  expect(await sender.send(people.other[network].account, id, letters)).toEqual(ACCEPTED)
  const { sealed } = await reader.take()
  expect(Buffer.from(sealed).equals(letters[0]?.sealed ?? Buffer.alloc(0))).toBe(true)
  await Promise.all([reader.close(), sender.close()])
}

describe('XMPP', () => {
  const forged = (): string => `14155550199@whatsapp.${REALM}`

  test.each(['message', 'iq', 'presence'])(
    'ends a stream whose <%s/> is from another',
    async (name) => {
      const { socket } = await boundXmpp(people.relay.urls, credentials(people.own.whatsapp))
      const inside = `<sealed xmlns='urn:isthmus:sealed:1'/>`
      const to = `to='14155550199@whatsapp.${REALM}'`
      const stanza = `<${name} ${CLIENT} from='${forged()}' ${to} id='f1' type='get'>${inside}</${name}>`
      expect(await provoke(socket, stanza)).toMatchObject({ code: 1008, said: 'invalid-from' })
      await expectNothingForged('whatsapp')
    },
  )

  test('ends a stream that is opened again in the name of another', async () => {
    const socket = await Socket.open(people.relay.urls.whatsapp, 'xmpp')
    await ask(socket, OPEN)
    await socket.next('features')
    await ask(socket, plainAuth(people.handle, people.own.whatsapp.token))
    const open = OPEN.replace(' to=', ` from='${forged()}' to=`)
    expect(await provoke(socket, open)).toMatchObject({ code: 1008, said: 'invalid-from' })
  })

  test('lets nobody act as another by the authorization identity', async () => {
    const socket = await Socket.open(people.relay.urls.whatsapp, 'xmpp')
    await ask(socket, OPEN)
    await socket.next('features')
    const answer = await ask(socket, plainAuth(people.handle, people.own.whatsapp.token, forged()))
    expect(answer).toContain('<invalid-authzid/>')
    socket.drop()
  })

  test('binds the own device, whatever resource is asked for', async () => {
    const victim = await Phone.reading(people.relay, credentials(people.other.whatsapp))
    const socket = await login(people.relay.urls.whatsapp, credentials(people.own.whatsapp))
    const resource = `<resource>${people.other.whatsapp.id}</resource></bind>`
    const asked = BIND.replace(`bind'/></iq>`, `bind'>${resource}</iq>`)
    const jid = attribute(await ask(socket, asked), 'to')
    expect(jid).toBe(`${people.handle}@whatsapp.${REALM}/${people.own.whatsapp.id}`)
    socket.drop()
    await victim.close()
  })
})

describe.each([4, 5] as const)('MQTT %i', (version) => {
  const connected = async (): Promise<Socket> => {
    const fields = mqttFields(credentials(people.own.messenger), version)
    return (await openMqtt(people.relay.urls, fields)).socket
  }
  const topics = (): string[] => [
    `inbox/messenger/${people.other.messenger.account.handle}`,
    `inbox/messenger/${people.handle}`,
    `answers/messenger/${people.other.messenger.account.handle}`,
    '$SYS/broker',
    'to/messenger',
    `from/messenger/${people.handle}`,
  ]

  test('publishes for nobody into an inbox, to answers or to the broker', async () => {
    const payload = envelope('forged', lettersFor([people.other.messenger.id]))
    for (const topic of topics()) {
      const socket = await connected()
      const packet = publish({ version, topic, packetId: 7, payload })
      if (version === 5) {
        const [puback] = await askMqtt(socket, packet)
        expect([puback?.type, puback?.body[2]]).toEqual([4, 0x87])
        socket.drop()
      } else {
        expect(await provoke(socket, packet)).toMatchObject({ code: 1008, reason: 'FORBIDDEN' })
      }
    }
    await expectNothingForged('messenger')
  })

  test('subscribes nobody to what is another’s', async () => {
    const socket = await connected()
    const filters = [
      `inbox/messenger/${people.other.messenger.account.handle}`,
      `answers/messenger/${people.other.messenger.account.handle}`,
      `inbox/whatsapp/${people.handle}`,
      '$SYS/#',
      '#',
      'inbox/+/+',
      `$share/group/inbox/messenger/${people.handle}`,
    ]
    const [suback] = await askMqtt(socket, subscribe(version, 9, filters))
    const codes = [...(suback?.body ?? [])].slice(-filters.length)
    const v5 = [0x87, 0x87, 0x87, 0xa2, 0xa2, 0xa2, 0x9e]
    expect(codes).toEqual(version === 5 ? v5 : filters.map(() => 0x80))
    // A letter for another does not come here: what comes next is the answer to a ping.
    await expectNothingForged('messenger')
    expect(await askMqtt(socket, Buffer.from([0xc0, 0]))).toMatchObject([{ type: 13 }])
    socket.drop()
  })
})
