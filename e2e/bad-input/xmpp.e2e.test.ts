/** What no honest XMPP client sends, on live sockets: each gets its stream error and close. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { REALM } from '../promises/support/client.ts'
import { deviceOf, lettersFor, Party } from '../promises/support/party.ts'
import { askXmpp, boundXmpp, provoke, type Ending } from '../promises/support/probe.ts'
import type { SeededDevice } from '../promises/support/seed.ts'
import { Socket } from '../promises/support/socket.ts'
import {
  BIND,
  CLIENT,
  FRAMING,
  jidOf,
  login,
  OPEN,
  plainAuth,
  SASL,
  sealedStanza,
  SM,
} from '../promises/support/xmpp.ts'
import { HealthyPair } from './support/healthy.ts'

const ENTITIES = Array.from({ length: 10 }, (_, n) => `<!ENTITY e${n + 1} "&e${n};&e${n};">`).join(
  '',
)

let party: Party
let pair: HealthyPair
let mallory: SeededDevice
let other: SeededDevice

beforeAll(async () => {
  party = await Party.begin([1, 1, 1, 1])
  pair = await HealthyPair.begin(party, 'whatsapp')
  mallory = deviceOf(party.person('whatsapp', 2))
  other = deviceOf(party.person('whatsapp', 3))
}, 30_000)
afterAll(() => party.end())

const fresh = (): Promise<Socket> => Socket.open(party.relay.urls.whatsapp, 'xmpp')

/** A stream with its features there, nobody authenticated. */
const opened = async (): Promise<Socket> => {
  const socket = await fresh()
  socket.send(OPEN)
  await socket.next('<open/>')
  await socket.next('stream features')
  return socket
}

const bound = async (): Promise<Socket> => (await boundXmpp(party.relay.urls, mallory)).socket

const last = ({ said, code }: Ending): readonly [string, number] => [said, code]

/** A frame of its own that would be well-formed but for what stands in it. */
const ping = (inside: string): string =>
  `<iq ${CLIENT} type='get' id='p'><ping xmlns='urn:xmpp:ping'/>${inside}</iq>`

/** XML that ends a stream wherever it comes. */
const XML: readonly (readonly [string, string, string])[] = [
  ['a document type', `<!DOCTYPE a [<!ENTITY e "x">]>${ping('')}`, 'restricted-xml'],
  ['an entity bomb', `<!DOCTYPE a [<!ENTITY e0 "x">${ENTITIES}]><a>&e10;</a>`, 'restricted-xml'],
  ['an entity of nobody', ping('&lol;'), 'restricted-xml'],
  ['an entity of nobody in an attribute', ping(`<a b='&lol;'/>`), 'restricted-xml'],
  ['an external entity', `<!DOCTYPE a SYSTEM "file:///etc/passwd">${ping('')}`, 'restricted-xml'],
  ['a processing instruction', ping('<?php echo 1?>'), 'restricted-xml'],
  ['a comment', ping('<!-- hello -->'), 'restricted-xml'],
  ['an XML declaration', `<?xml version='1.0'?>${ping('')}`, 'restricted-xml'],
  ['two elements in a frame', ping('') + ping(''), 'not-well-formed'],
  ['text before the element', `hello ${ping('')}`, 'not-well-formed'],
  ['text after the element', `${ping('')} hello`, 'not-well-formed'],
  ['nothing but text', 'hello', 'not-well-formed'],
  ['an element that is not closed', ping('<a>'), 'not-well-formed'],
  ['an attribute twice', ping(`<a b='1' b='2'/>`), 'not-well-formed'],
  ['a namespace twice', `<iq ${CLIENT} ${CLIENT} type='get' id='p'/>`, 'not-well-formed'],
  ['a prefix of nobody', ping('<x:a/>'), 'not-well-formed'],
  ['a control character', ping('\u0001'), 'not-well-formed'],
  ['NUL as a reference', ping('&#0;'), 'not-well-formed'],
]
const WELL_FORMED_AND_TOO_MUCH: readonly (readonly [string, string])[] = [
  ['ever more children', ping('<a/>'.repeat(600))],
  ['depth', ping('<a>'.repeat(400) + '</a>'.repeat(400))],
  ['attributes', ping(`<a ${Array.from({ length: 100 }, (_, n) => `a${n}='1'`).join(' ')}/>`)],
  ['a flood of references', ping('&#65;'.repeat(1000))],
  ['a long attribute', ping(`<a b='${'x'.repeat(5000)}'/>`)],
  ['20,000 characters', ping('x'.repeat(20_000))],
]
const CLOSE = { 'restricted-xml': 1002, 'not-well-formed': 1002 } as const

describe('on a stream on which nobody has authenticated', () => {
  test.each(XML)('%s', async (_, frame, condition) => {
    const code = CLOSE[condition as keyof typeof CLOSE]
    expect(last(await provoke(await opened(), frame))).toEqual([condition, code])
  })

  test.each(WELL_FORMED_AND_TOO_MUCH)('too much: %s', async (_, frame) => {
    expect(last(await provoke(await opened(), frame))).toEqual(['policy-violation', 1008])
  })

  test.each([
    ['a message', sealedStanza(`1@whatsapp.${REALM}`, 'm', []), 'not-authorized', 1008],
    ['a request', ping(''), 'not-authorized', 1008],
    ['binding', BIND, 'not-authorized', 1008],
    ['a stream over TCP', '<stream:stream>', 'not-well-formed', 1002],
    ['an element of nobody', `<hello xmlns='urn:nobody'/>`, 'unsupported-stanza-type', 1002],
    ['a binary message', Buffer.from('<a/>'), 'bad-format', 1002],
  ] as const)('%s', async (_, frame, condition, code) => {
    expect(last(await provoke(await opened(), frame))).toEqual([condition, code])
  })

  test.each([
    ['another server', OPEN.replace('whatsapp.', 'example.'), 'host-unknown', 1008],
    ['another version', OPEN.replace("'1.0'", "'9.0'"), 'unsupported-version', 1002],
    ['another namespace', `<open xmlns='urn:nobody' version='1.0'/>`, 'invalid-namespace', 1002],
    ['depth of 10,000', '<a>'.repeat(10_000), 'policy-violation', 1008],
  ] as const)('opened for %s', async (_, frame, condition, code) => {
    expect(last(await provoke(await fresh(), frame))).toEqual([condition, code])
  })

  test('a flood of SASL exchanges ends it after the fifth', async () => {
    const wrong = plainAuth(mallory.handle, 'isth_wrong')
    const socket = await opened()
    for (let attempt = 1; attempt <= 5; attempt++) {
      socket.send(wrong)
      expect((await socket.next('the outcome')).toString()).toContain('<not-authorized')
    }
    expect(last(await provoke(socket, wrong))).toEqual(['policy-violation', 1008])
  })

  test.each([
    ['not base64', `<auth ${SASL} mechanism='PLAIN'>***</auth>`, 'incorrect-encoding'],
    [
      'no mechanism of ours',
      `<auth ${SASL} mechanism='DIGEST-MD5'>AA==</auth>`,
      'invalid-mechanism',
    ],
    ['no PLAIN message', `<auth ${SASL} mechanism='PLAIN'>AA==</auth>`, 'malformed-request'],
    ['an operator as handle', plainAuth('{"$ne":1}', 'isth_x'), 'not-authorized'],
    ['a subject as handle', plainAuth('a.*.>', 'isth_x'), 'not-authorized'],
    ['CRLF in the handle', plainAuth('1\r\nPUB', 'isth_x'), 'not-authorized'],
  ])('a login with %s fails', async (_, auth, condition) => {
    const socket = await opened()
    socket.send(auth)
    expect((await socket.next('the outcome')).toString()).toContain(`<${condition}`)
    socket.drop()
  })

  test("a login in another's name fails", async () => {
    const socket = await opened()
    socket.send(plainAuth(mallory.handle, mallory.token, jidOf(other)))
    expect((await socket.next('the outcome')).toString()).toContain('<invalid-authzid')
    socket.drop()
  })
})

describe('on a stream without a resource', () => {
  test.each([
    ['a message', sealedStanza(`1@whatsapp.${REALM}`, 'm', [])],
    ['a request', ping('')],
  ])('%s ends it', async (_, stanza) => {
    const socket = await login(party.relay.urls.whatsapp, mallory)
    expect(last(await provoke(socket, stanza))).toEqual(['not-authorized', 1008])
  })

  test("another's session is not to be resumed, nor one's own twice", async () => {
    const { socket: theirs, previd } = await boundXmpp(party.relay.urls, other)
    const thief = await login(party.relay.urls.whatsapp, mallory)
    thief.send(`<resume ${SM} previd='${previd}' h='0'/>`)
    expect((await thief.next('the outcome')).toString()).toContain('<item-not-found')
    thief.drop()
    expect(await askXmpp(theirs, ping(''))).toContain("type='result'")
    theirs.drop()
  })

  test('a session whose stream was closed is gone', async () => {
    const { socket, previd } = await boundXmpp(party.relay.urls, mallory)
    await provoke(socket, `<close ${FRAMING}/>`)
    const again = await login(party.relay.urls.whatsapp, mallory)
    again.send(`<resume ${SM} previd='${previd}' h='0'/>`)
    expect((await again.next('the outcome')).toString()).toContain('<item-not-found')
    again.drop()
  })
})

const message = (attributes: string, inside: string): string =>
  `<message ${CLIENT} ${attributes}>${inside}</message>`

describe('on a bound stream', () => {
  test.each(XML)('%s', async (_, frame, condition) => {
    const code = CLOSE[condition as keyof typeof CLOSE]
    expect(last(await provoke(await bound(), frame))).toEqual([condition, code])
  })

  test.each([
    ...WELL_FORMED_AND_TOO_MUCH,
    ['a message 10,000 deep', message(`id='m'`, '<a>'.repeat(10_000) + '</a>'.repeat(10_000))],
    ['a message of 100,000 children', message(`id='m'`, '<a/>'.repeat(100_000))],
    ['a message of 100,000 references', message(`id='m'`, '&#65;'.repeat(100_000))],
    ['a second <enable/>', `<enable ${SM}/>`],
  ])('too much: %s', async (_, frame) => {
    expect(last(await provoke(await bound(), frame))).toEqual(['policy-violation', 1008])
  })

  test('a message over its size', async () => {
    const { code } = await provoke(await bound(), message(`id='m'`, 'x'.repeat(2_000_000)))
    expect(code).toBe(1009)
  })

  const forged = (from: string): string => message(`from='${from}' id='m'`, '')
  test.each<readonly [string, () => string | Uint8Array, string, number]>([
    ['another as sender', () => forged(jidOf(other)), 'invalid-from', 1008],
    ['another resource', () => forged(`${jidOf(mallory)}/${other.id}`), 'invalid-from', 1008],
    ['the server as sender', () => forged(`whatsapp.${REALM}`), 'invalid-from', 1008],
    ['no JID as sender', () => forged('@/@'), 'invalid-from', 1008],
    ['a stanza of a server', () => `<message xmlns='jabber:server'/>`, 'invalid-namespace', 1002],
    ['a count of what was not sent', () => `<a ${SM} h='9'/>`, 'undefined-condition', 1002],
    ['a count that is none', () => `<a ${SM} h='many'/>`, 'bad-format', 1002],
    ['an element of nobody', () => `<x xmlns='urn:nobody'/>`, 'unsupported-stanza-type', 1002],
    ['a binary message', () => Buffer.from(ping('')), 'bad-format', 1002],
  ])('%s', async (_, frame, condition, code) => {
    expect(last(await provoke(await bound(), frame()))).toEqual([condition, code])
  })

  test('a second resource, and a request to another, are answered in words', async () => {
    const socket = await bound()
    expect(await askXmpp(socket, BIND)).toContain('<not-allowed')
    const elsewhere = ping('').replace('type', `to='${jidOf(other)}' type`)
    expect(await askXmpp(socket, elsewhere)).toContain('<service-unavailable')
    expect(await askXmpp(socket, ping('<second/>'))).toContain('<bad-request')
    socket.drop()
  })

  test('a message that is not a sealed one, to somebody who is there, is refused', async () => {
    const socket = await bound()
    const person = party.person('whatsapp', 1)
    const refused = async (stanza: string, element: string): Promise<void> => {
      const answer = await askXmpp(socket, stanza)
      expect(answer).toContain("type='error'")
      expect(answer).toContain(`<${element} xmlns='urn:isthmus:errors:1'`)
    }
    const to = `to='${jidOf(person)}'`
    await refused(message(`${to} id='1'`, '<body>hello</body>'), 'not-sealed')
    await refused(message(`${to} id='2'`, ''), 'not-sealed')
    await refused(sealedStanza(jidOf(person), '3', lettersFor(person, 10)), 'not-sealed')
    const strangers = lettersFor(party.person('whatsapp', 0))
    await refused(sealedStanza(jidOf(person), '4', strangers), 'stale-devices')
    await refused(sealedStanza(jidOf(person), 'x'.repeat(65), lettersFor(person)), 'too-large')
    await refused(sealedStanza(jidOf(person), '', lettersFor(person)), 'malformed')
    for (const handle of ['a.*.&gt;', '$ne', '__proto__', '1 2']) {
      const jid = `${handle}@instagram.${REALM}`
      await refused(
        sealedStanza(jid, `to ${handle.length}`, lettersFor(person)),
        'unknown-recipient',
      )
    }
    socket.drop()
  })
})

test.each([
  ['requests whose answers nobody counts', ping(''), 'resource-constraint'],
  ['presence', `<presence ${CLIENT} type='unavailable'/>`, 'policy-violation'],
])('a flood of %s ends its own stream', async (_, stanza, condition) => {
  const flood = Array.from({ length: 3000 }, () => stanza)
  expect(last(await provoke(await bound(), ...flood))).toEqual([condition, 1013])
})

test('the healthy got all of their letters, in order, once', async () => {
  const { written, read, prompt } = await pair.end()
  expect(written.length).toBeGreaterThan(20)
  expect(read).toEqual(written)
  expect(prompt).toBe(true)
}, 30_000)
