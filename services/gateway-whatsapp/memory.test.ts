/** What a stream holds: idle, and after it has been through a lot. */
import type { ProtocolMachine } from '@isthmus/gateway-core/protocol'
import { describe, expect, it } from '@jest/globals'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { xmppProtocol } from './machine.ts'
import {
  ACCEPTED,
  acknowledge,
  BIND,
  DEVICE,
  ENABLE,
  message,
  OPEN,
  peerAt,
  PING,
  plain,
  PRESENCE,
  REALM,
  Recorder,
  START,
  storedLetter,
} from './testing/recorder.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const heapOf = (work: () => void): number => {
  collect()
  const before = process.memoryUsage().heapUsed
  work()
  collect()
  return process.memoryUsage().heapUsed - before
}

/** One sink for all, so that what is measured is the machine. */
const sink = new Recorder()
const logIn = (nonce: string): ProtocolMachine => {
  const machine = xmppProtocol.createMachine({ effects: sink, now: START, nonce, realm: REALM })
  for (const frame of [OPEN, plain()]) machine.receive(frame, START)
  machine.authenticated({ outcome: 'accepted', device: DEVICE })
  for (const frame of [OPEN, BIND, ENABLE, PRESENCE]) machine.receive(frame, START)
  machine.settle?.()
  machine.receive(acknowledge(0), START)
  expect(sink.attached).toHaveLength(1)
  for (const list of [sink.frames, sink.attached, sink.asked]) list.length = 0
  return machine
}

describe('memory', () => {
  it('of an idle stream that is logged in stays under 2 KB', () => {
    const machines: ProtocolMachine[] = []
    const logInMany = (): void => {
      for (let at = 0; at < 2000; at++) machines.push(logIn(String(at)))
    }
    logInMany()
    expect(heapOf(logInMany) / 2000).toBeLessThan(2048)
  })

  it('of a stream does not grow with what has gone through it', () => {
    const peer = peerAt('attached')
    let sequence = 0
    let counted = 0
    const work = (): void => {
      for (let round = 0; round < 2000; round++) {
        peer.says(message(`m${round}`), PING)
        peer.answers(ACCEPTED)
        sequence += 1
        peer.machine.deliver(storedLetter(sequence))
        counted += 2
        peer.says(acknowledge(counted))
        peer.advance(10)
      }
      peer.effects.submitted.length = 0
      peer.effects.acknowledged.length = 0
    }
    work()
    expect(heapOf(work)).toBeLessThan(65_536)
    expect(peer.effects.closes).toEqual([])
  })
})
