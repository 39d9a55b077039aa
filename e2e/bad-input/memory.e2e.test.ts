/** Attacks that cost their sender next to nothing, again and again: the relay does not grow. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Network } from '@isthmus/runtime/address'
import { execFileSync } from 'node:child_process'
import { operation } from '../promises/support/graphql.ts'
import { connect, variableLength } from '../promises/support/mqtt-packets.ts'
import { deviceOf, Party } from '../promises/support/party.ts'
import { mqttFields } from '../promises/support/probe.ts'
import { CLIENT, OPEN } from '../promises/support/xmpp.ts'
import { HealthyPair } from './support/healthy.ts'
import { FIN, frame, OPCODE, RawSocket, SUBPROTOCOLS, upgradeRequest } from './support/raw.ts'

/** Until V8's heap is as large as it gets under this load. */
const WARM_UP_ROUNDS = 8
const ROUNDS = 8
/** Of each attack, in a round; so many of them at the same time. */
const TIMES = 200
const AT_ONCE = 50

let party: Party
let pair: HealthyPair

beforeAll(async () => {
  party = await Party.begin([1, 1, 1])
  pair = await HealthyPair.begin(party, 'messenger')
}, 30_000)
afterAll(() => party.end())

/** Resident memory of the relay in kilobytes. */
const resident = (): number =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(party.relay.pid)], { encoding: 'utf8' }))

const urlOf = (network: Network): string => party.relay.urls[network]

/** Writes on a new WebSocket, and goes away once the relay says the close or ends it. */
const attack =
  (network: Network, ...bytes: readonly Uint8Array[]) =>
  async (): Promise<void> => {
    const subprotocol = SUBPROTOCOLS[network]
    const raw = await RawSocket.upgraded(urlOf(network), { subprotocol })
    raw.write(Buffer.concat(bytes))
    await raw.over()
  }

const say = (words: string): Buffer =>
  frame({ first: FIN | OPCODE.text, payload: Buffer.from(words) })
const bytes = (payload: Uint8Array): Buffer => frame({ first: FIN | OPCODE.binary, payload })

/** Writes words to a port and waits for the relay to end the connection. */
const speak = (url: string, words: string) => async (): Promise<void> => {
  const raw = await RawSocket.open(url)
  raw.write(words)
  await raw.ended()
}

const attacks = (): readonly (() => Promise<void>)[] => {
  const fragment = frame({ first: OPCODE.continuation, payload: Buffer.of(0) })
  const ping = frame({ first: FIN | OPCODE.ping, payload: Buffer.alloc(125) })
  const mallory = deviceOf(party.person('messenger', 2))
  const nobody = { ...mqttFields(mallory, 5), password: 'isth_wrong' }
  const flood = [frame({ first: OPCODE.text }), ...Array.from({ length: 300 }, () => fragment)]
  return [
    attack('whatsapp', say(OPEN), say(`<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>`)),
    attack('whatsapp', say(OPEN), say(`<message ${CLIENT}/>`)),
    attack('whatsapp', say('<a>'.repeat(3000))),
    attack('messenger', bytes(Buffer.concat([Buffer.of(0x10), variableLength(268_435_455)]))),
    attack('messenger', bytes(connect(nobody))),
    attack(
      'instagram',
      say('{"type":"connection_init","payload":{"address":"instagram:person.1"}}'),
    ),
    attack('instagram', say(operation('1', '{ '.repeat(4000)))),
    attack('instagram', frame({ first: FIN | OPCODE.text, announced: 100_000_000n })),
    attack('instagram', ...flood),
    attack('whatsapp', ...Array.from({ length: 200 }, () => ping)),
    speak(urlOf('messenger'), upgradeRequest(urlOf('messenger'), { subprotocol: 'chat' })),
    speak(
      party.relay.urls.directory,
      'POST /v1/instagram/sign-in HTTP/1.1\r\nContent-Length: 9\r\n\r\n',
    ),
  ]
}

const round = async (): Promise<void> => {
  for (const one of attacks()) {
    for (let done = 0; done < TIMES; done += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, one))
    }
  }
}

test('rounds of cheap attacks leave the relay as large as it was', async () => {
  for (let number = 1; number <= WARM_UP_ROUNDS; number++) await round()
  const measured: number[] = []
  for (let number = 1; number <= ROUNDS; number++) {
    await round()
    measured.push(resident())
  }
  const [first = 0] = measured
  const last = measured.at(-1) ?? Infinity
  expect(first).toBeGreaterThan(0)
  // All rounds in the message, should it fail.
  const grown = last > first * 1.1
  expect({ measured, grown }).toEqual({ measured, grown: false })
}, 60_000)

test('the healthy got all of their letters, in order, once', async () => {
  const { written, read, prompt } = await pair.end()
  expect(written.length).toBeGreaterThan(50)
  expect(read).toEqual(written)
  expect(prompt).toBe(true)
}, 30_000)
