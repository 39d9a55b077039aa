/**
 * What a relayed message costs in the protocol alone, without sockets:
 * `node services/gateway-whatsapp/protocol/xmpp.bench.ts`.
 * CPU time of this process in microseconds per message, and the memory of an idle machine.
 */
import type { Effects } from '@isthmus/gateway-core/protocol'
import { answerOf } from '@isthmus/gateway-core/answer'
import { delivery, ErrorCode } from '@isthmus/proto/codec'
import { cpuUsage, memoryUsage } from 'node:process'
import { xmppProtocol } from '../machine.ts'
import { DEVICE, OPEN, plain, BIND, ENABLE, PRESENCE, REALM } from '../testing/recorder.ts'

const MESSAGES = 200_000
const SEALED_BYTES = 304
const IDLE = 20_000

let written = 0
const ignore = (): void => undefined
const sink: Effects = {
  send: (frame) => {
    written += frame.length
  },
  close: (_code, reason) => {
    throw new Error(reason)
  },
  recall: ignore,
  ...{ authenticate: ignore, lookUpScram: ignore, identified: ignore, submit: ignore },
  ...{ attach: ignore, detach: ignore, acknowledge: ignore, acknowledgeOne: ignore },
  retain: ignore,
}

const logIn = (nonce: string) => {
  const now = Date.now()
  const machine = xmppProtocol.createMachine({ effects: sink, now, nonce, realm: REALM })
  machine.receive(OPEN, now)
  machine.receive(plain(), now)
  machine.authenticated({ outcome: 'accepted', device: DEVICE })
  for (const frame of [OPEN, BIND, ENABLE, PRESENCE]) machine.receive(frame, now)
  machine.settle?.()
  return machine
}

const sealed = crypto.getRandomValues(new Uint8Array(SEALED_BYTES))
const stanza = (id: number): string =>
  `<message to='ada@instagram.${REALM}' id='m${id}' type='chat' xmlns='jabber:client'>` +
  `<sealed xmlns='urn:isthmus:sealed:1'><letter device='${DEVICE}'>` +
  `${Buffer.from(sealed).toString('base64')}</letter></sealed></message>`
const bytes = delivery.encode({ sealed, acceptedAt: Date.now() })
const accepted = answerOf(ErrorCode.UNSPECIFIED)

const measure = (name: string, work: (at: number) => void): number => {
  for (let at = 0; at < MESSAGES / 10; at++) work(at)
  const before = cpuUsage()
  for (let at = 0; at < MESSAGES; at++) work(at)
  const { user, system } = cpuUsage(before)
  const cost = (user + system) / MESSAGES
  console.log(`${name.padEnd(52)} ${cost.toFixed(2).padStart(7)} µs`)
  return cost
}

const sender = logIn('sender')
const receiver = logIn('receiver')
// As they come from a socket: flat strings, which a template's result is not.
const frames = Array.from({ length: 1000 }, (_, at) => Buffer.from(stanza(at)).toString())
let sent = 0
let acknowledged = 0

const total =
  measure('message in, accepted, <a/> out', (at) => {
    sender.receive(frames[at % 1000] ?? '', 1)
    sender.answered(at, accepted)
    sender.settle?.()
  }) +
  measure('letter out, <r/> out, <a/> in', () => {
    sent += 1
    acknowledged = (acknowledged + 1) >>> 0
    receiver.deliver({ sequence: sent, previous: sent - 1, bytes })
    receiver.settle?.()
    receiver.receive(`<a xmlns='urn:xmpp:sm:3' h='${acknowledged}'/>`, 1)
  })
console.log(`${'both ends, one message'.padEnd(52)} ${total.toFixed(2).padStart(7)} µs`)
measure('of that: parsing the message', (at) => {
  sender.receive(frames[at % 1000] ?? '', 1)
  sender.answered(at, accepted)
})

const collect = (globalThis as { gc?: () => void }).gc
if (collect) {
  collect()
  const before = memoryUsage().heapUsed
  const idle = Array.from({ length: IDLE }, (_, at) => logIn(`idle ${at}`))
  collect()
  const each = (memoryUsage().heapUsed - before) / idle.length
  console.log(`${'an idle machine (heap)'.padEnd(52)} ${each.toFixed(0).padStart(7)} bytes`)
} else {
  console.log('(run with --expose-gc to see the memory of an idle machine)')
}
