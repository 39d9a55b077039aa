/**
 * What the protocol costs for one relayed message: its send at the sender's machine, its letter
 * and its acknowledgement at the recipient's. No sockets, no relay.
 *
 *   node services/gateway-instagram/protocol/graphql.bench.ts
 */
import type { Effects, ProtocolMachine } from '@isthmus/gateway-core/protocol'
import { delivery, ErrorCode } from '@isthmus/proto/codec'
import type { DeviceId } from '@isthmus/runtime/ids'
import { graphqlProtocol } from '../machine.ts'

const ROUNDS = 8
const MESSAGES = 50_000
const SEALED_BYTES = 304

const SEND =
  'mutation Send($to: Address!, $id: ID!, $letters: [LetterInput!]!) { send(to: $to, id: $id, letters: $letters) { id } }'
const ACKNOWLEDGE = 'mutation Acknowledge($upTo: Sequence!) { acknowledge(upTo: $upTo) }'
const INBOX = 'subscription Inbox { inbox { sequence sealed acceptedAt } }'

const ACCEPTED = { error: ErrorCode.UNSPECIFIED, missing: [], extra: [], retryAfterMs: 0 }

interface Totals {
  frames: number
  bytes: number
  references: number
}

const idle = (totals: Totals): Effects => ({
  send: (frame) => {
    totals.frames += 1
    totals.bytes += frame.length
  },
  submit: (reference) => {
    totals.references = reference
  },
  close: (code, reason) => {
    throw new Error(`closed: ${code} ${reason}`)
  },
  authenticate: () => undefined,
  lookUpScram: () => undefined,
  identified: () => undefined,
  attach: () => undefined,
  detach: () => undefined,
  acknowledge: () => undefined,
  acknowledgeOne: () => undefined,
  retain: () => undefined,
  recall: () => undefined,
})

const connect = (handle: string, totals: Totals): ProtocolMachine => {
  const machine = graphqlProtocol.createMachine({
    effects: idle(totals),
    now: 0,
    nonce: 'n'.repeat(22),
    realm: 'isthmus.localhost',
  })
  const payload = { address: `instagram:${handle}`, token: `isth_${'t'.repeat(43)}` }
  machine.receive(JSON.stringify({ type: 'connection_init', payload }), 0)
  machine.authenticated({ outcome: 'accepted', device: 'd'.repeat(22) as DeviceId })
  return machine
}

const operation = (id: string, query: string, variables: object): string =>
  JSON.stringify({ id, type: 'subscribe', payload: { query, variables } })

/** Microseconds for each message, step by step. */
const round = (): { send: number; letter: number; acknowledge: number } => {
  const totals = { frames: 0, bytes: 0, references: 0 }
  const sender = connect('ada', totals)
  const recipient = connect('grace', totals)
  recipient.receive(operation('inbox', INBOX, {}), 0)
  const sealed = new Uint8Array(SEALED_BYTES).map((_, index) => index * 7)
  const letters = [{ device: 'r'.repeat(22), sealed: Buffer.from(sealed).toString('base64') }]
  const spent = { send: 0, letter: 0, acknowledge: 0 }
  for (let count = 1; count <= MESSAGES; count++) {
    // Built anew each time: a text that was hashed before would be too easy.
    const id = `3f1c9e0a-5b7d-4c21-9e8f-${String(count).padStart(12, '0')}`
    const send = operation(id, SEND, { to: 'messenger:grace.hopper', id, letters })
    const acknowledge = operation(id, ACKNOWLEDGE, { upTo: count })
    const bytes = delivery.encode({ sealed, acceptedAt: 1_795_411_827_432 })
    const began = performance.now()
    sender.receive(send, count)
    sender.answered(totals.references, ACCEPTED)
    const sent = performance.now()
    recipient.deliver({ sequence: count, previous: count - 1, bytes })
    const delivered = performance.now()
    recipient.receive(acknowledge, count)
    const done = performance.now()
    spent.send += sent - began
    spent.letter += delivered - sent
    spent.acknowledge += done - delivered
  }
  if (totals.frames !== 2 + MESSAGES * 5) throw new Error(`${totals.frames} frames`)
  const perMessage = (ms: number): number => (ms * 1000) / MESSAGES
  return {
    send: perMessage(spent.send),
    letter: perMessage(spent.letter),
    acknowledge: perMessage(spent.acknowledge),
  }
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN

const rounds = Array.from({ length: ROUNDS }, round).slice(1)
const [send, letter, acknowledge] = (['send', 'letter', 'acknowledge'] as const).map((step) =>
  median(rounds.map((times) => times[step])),
) as [number, number, number]
console.log(`graphql machine, ${SEALED_BYTES}-byte letters, median of ${rounds.length} rounds:`)
console.log(`  send         ${send.toFixed(2)} µs`)
console.log(`  letter       ${letter.toFixed(2)} µs`)
console.log(`  acknowledge  ${acknowledge.toFixed(2)} µs`)
console.log(`  a message    ${(send + letter + acknowledge).toFixed(2)} µs`)
