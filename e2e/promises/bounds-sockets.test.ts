/** P7: sockets, and what one socket may have under way. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { NETWORKS, type Network } from '@isthmus/runtime/address'
import { setTimeout as wait } from 'node:timers/promises'
import { ACCEPTED } from './support/client.ts'
import { ROOMY_LOAD } from './support/crowd.ts'
import { envelope } from './support/letters.ts'
import { markedLetter, readMarked } from './support/marked.ts'
import { publish } from './support/mqtt-packets.ts'
import { deviceOf, lettersFor, Party } from './support/party.ts'
import { Phone } from './support/phone.ts'
import { mqttFields, openMqtt, provoke } from './support/probe.ts'
import { upgrade, upgradeHeaders } from './support/upgrade.ts'

const SOCKETS = 5
const RATE = 100
const BURST = 150
const FLOOD = 2000

let narrow: Party
let roomy: Party

beforeAll(async () => {
  narrow = await Party.begin(
    Array.from({ length: SOCKETS + 1 }, () => 1),
    {
      ISTHMUS_MAX_SOCKETS: String(SOCKETS),
      ISTHMUS_SUBMISSION_RATE: String(RATE),
      ISTHMUS_SUBMISSION_BURST: String(BURST),
    },
  )
  roomy = await Party.begin([1, 1], ROOMY_LOAD)
}, 40_000)

afterAll(() => Promise.all([narrow.end(), roomy.end()]))

/** How each protocol says that there was too much at a time. */
const LIMITED: Record<Network, string> = {
  whatsapp: 'wait/policy-violation',
  messenger: '0x97',
  instagram: 'Too much at a time: wait for retryAfterMs, then send again.',
}

describe.each(NETWORKS)('%s', (network) => {
  test('opens so many sockets, tells the next one when to come back, and has room again', async () => {
    const { relay } = narrow
    const phones = await Promise.all(
      narrow
        .of(network)
        .slice(0, SOCKETS)
        .map((who) => Phone.connect(relay, deviceOf(who))),
    )
    const turnedAway = await upgrade(relay.urls[network], upgradeHeaders(network))
    expect(turnedAway.status).toBe(503)
    const seconds = Number(turnedAway.headers['retry-after'])
    expect(seconds).toBeGreaterThanOrEqual(5)
    expect(seconds).toBeLessThanOrEqual(15)
    // Those who are in are not harmed.
    const [one, two] = [narrow.person(network, 0), narrow.person(network, 1)]
    expect(await phones[0]?.send(two, 'hello', lettersFor(two))).toEqual(ACCEPTED)
    await phones[1]?.close()
    const next = await Phone.reading(relay, deviceOf(two))
    expect((await next.take()).sequence).toBe(1)
    expect(await next.send(one, 'back', lettersFor(one))).toEqual(ACCEPTED)
    await Promise.all([next, ...phones.filter((_, at) => at !== 1)].map((phone) => phone.close()))
  })

  test('takes so many submissions a second, and the refused ones after the time that it says', async () => {
    const sender = await Phone.connect(narrow.relay, deviceOf(narrow.person(network, 2)))
    const to = narrow.person(network, 3)
    const began = performance.now()
    const send = (index: number) => sender.send(to, `m${index}`, lettersFor(to, 64))
    const answers = await Promise.all(Array.from({ length: 2 * BURST }, (_, at) => send(at)))
    const seconds = (performance.now() - began) / 1000
    const accepted = answers.filter(({ error }) => error === 'ACCEPTED').length
    expect(accepted).toBeGreaterThanOrEqual(BURST)
    expect(accepted).toBeLessThanOrEqual(BURST + Math.ceil(RATE * seconds) + 1)
    const last = answers.length - 1
    expect(answers[last]).toMatchObject({ error: 'RATE_LIMITED', said: LIMITED[network] })
    const { retryAfterMs = 0 } = answers[last] ?? {}
    expect(retryAfterMs).toBeGreaterThan(0)
    expect(retryAfterMs).toBeLessThanOrEqual(1000)
    await wait(retryAfterMs)
    expect(await send(last)).toEqual(ACCEPTED)
    await sender.close()
  })

  test('reads no faster than it can answer, and answers everything, in order', async () => {
    const sender = await Phone.connect(roomy.relay, deviceOf(roomy.person(network, 0)))
    const to = roomy.person(network, 1)
    const device = deviceOf(to).id
    const answered: number[] = []
    const flood = Array.from({ length: FLOOD }, async (_, serial) => {
      const sealed = markedLetter({ sender: 0, serial, device: 0 }, 200)
      const answer = await sender.send(to, `flood ${serial}`, [{ device, sealed }])
      answered.push(serial)
      return answer
    })
    const inOrder = Array.from({ length: FLOOD }, (_, serial) => serial)
    expect(await Promise.all(flood)).toEqual(inOrder.map(() => ACCEPTED))
    expect(answered).toEqual(inOrder)
    const reader = await Phone.reading(roomy.relay, deviceOf(to))
    const serials: number[] = []
    for (const _ of inOrder) serials.push(readMarked((await reader.take()).sealed).serial)
    expect(serials).toEqual(inOrder)
    await Promise.all([sender.close(), reader.close()])
  })
})

test('an MQTT message with more packets than may be without their PUBACK ends the connection', async () => {
  const to = roomy.person('instagram', 1)
  const fields = mqttFields(deviceOf(roomy.person('messenger', 0)), 5)
  const { socket, connack } = await openMqtt(roomy.relay.urls, fields)
  // The CONNACK says how many may be: Receive Maximum 2,048.
  expect(connack.body.includes(Buffer.from([0x21, 8, 0]))).toBe(true)
  const payload = envelope('many', lettersFor(to, 64))
  const packets = Array.from({ length: 2049 }, (_, index) =>
    publish({ version: 5, topic: `to/instagram/${to.handle}`, packetId: index + 1, payload }),
  )
  expect(await provoke(socket, Buffer.concat(packets))).toMatchObject({ code: 1008, said: '0x93' })
})
