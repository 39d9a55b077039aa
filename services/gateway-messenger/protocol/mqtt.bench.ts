/**
 * CPU and memory of the MQTT machine, without sockets: `node protocol/mqtt.bench.ts`.
 * A relayed message is PUBLISH in, PUBACK out, PUBLISH out, PUBACK in, on two connections.
 */
import type { Effects, ProtocolMachine } from '@isthmus/gateway-core/protocol'
import { delivery, sealedEnvelope } from '@isthmus/proto/codec'
import type { Address } from '@isthmus/runtime/address'
import type { DeviceId } from '@isthmus/runtime/ids'
import { generate, parser } from 'mqtt-packet'
import { fromDelivery } from '../from-delivery.ts'
import { mqttProtocol } from '../machine.ts'
import { readFixedHeader } from './fixed-header.ts'
import type { ProtocolVersion } from './packet.ts'
import { writePuback } from './puback.ts'
import { readPlainPublish } from './publish-packet.ts'

const DEVICE = 'AAAAAAAAAAAAAAAAAAAAAA' as DeviceId
const ACCEPTED = { error: 0, missing: [], extra: [], retryAfterMs: 0 } as const
const TOPIC = 'to/messenger/grace.hopper'
const NONE = (): void => undefined

const effects = (send: Effects['send'], submit: Effects['submit']): Effects => ({
  send,
  submit,
  close: (code, reason) => {
    throw new Error(`closed: ${code} ${reason}`)
  },
  authenticate: NONE,
  lookUpScram: NONE,
  identified: NONE,
  attach: NONE,
  detach: NONE,
  acknowledge: NONE,
  acknowledgeOne: NONE,
  retain: NONE,
  recall: () => undefined,
})

const connected = (name: string, version: ProtocolVersion, sink: Effects): ProtocolMachine => {
  const machine = mqttProtocol.createMachine({ effects: sink, now: 0, nonce: DEVICE, realm: '' })
  const opts = { protocolVersion: version }
  const [username, password] = [name, Buffer.from(`isth_${'x'.repeat(43)}`)]
  const connect = { cmd: 'connect', clientId: name, protocolVersion: version } as const
  machine.receive(generate({ ...connect, username, password, keepalive: 60 }, opts), 0)
  machine.authenticated({ outcome: 'accepted', device: DEVICE })
  const subscriptions = [{ topic: `inbox/messenger/${name}`, qos: 1 as const }]
  machine.receive(generate({ cmd: 'subscribe', messageId: 1, subscriptions }, opts), 0)
  return machine
}

const payload = Buffer.from(
  sealedEnvelope.encode({
    id: 'message-00000001',
    letters: [{ deviceId: DEVICE, sealed: new Uint8Array(300).fill(7) }],
    ttlSeconds: 0,
  }),
)
const stored = delivery.encode({
  sealed: new Uint8Array(300).fill(7),
  acceptedAt: 1_795_411_827_432,
})

const publishOf = (version: ProtocolVersion): Buffer =>
  generate(
    { cmd: 'publish', topic: TOPIC, qos: 1, messageId: 7, payload, dup: false, retain: false },
    { protocolVersion: version },
  )

/** Microseconds of CPU for one call, best of five rounds. */
const measure = (name: string, work: (index: number) => void, count = 100_000): void => {
  let best = Infinity
  for (let round = 0; round < 6; round++) {
    const before = process.cpuUsage()
    for (let index = 0; index < count; index++) work(index)
    const { user, system } = process.cpuUsage(before)
    if (round > 0) best = Math.min(best, (user + system) / count)
  }
  console.log(`${name.padEnd(52)} ${best.toFixed(3)} us`)
}

/** Chunks as mqtt.js on Node writes them: each field of a packet as a WebSocket message. */
const asMqttJs = (packet: Buffer, version: ProtocolVersion): Buffer[] => {
  const cuts = [1, 3, 5, 5 + TOPIC.length, 7 + TOPIC.length]
  if (version === 5) cuts.push(8 + TOPIC.length)
  return [0, ...cuts].map((cut, index) => packet.subarray(cut, cuts[index] ?? packet.length))
}

const relayed = (
  version: ProtocolVersion,
  chunks: (packet: Buffer) => Buffer[],
): ((i: number) => void) => {
  let sent = 0
  const count = (): void => void (sent += 1)
  let submitted = 0
  const submit = (reference: number, _to: Address): void => void (submitted = reference)
  const sender = connected('ada.lovelace', version, effects(count, submit))
  const recipient = connected('grace.hopper', version, effects(count, submit))
  const frames = chunks(publishOf(version))
  const pubacks = Array.from({ length: 65_536 }, (_, id) => writePuback(id))
  return (index) => {
    for (const frame of frames) sender.receive(frame, index)
    sender.answered(submitted, ACCEPTED as never)
    recipient.deliver({ sequence: index + 1, previous: index, bytes: stored })
    recipient.receive(pubacks[(index % 65_535) + 1]!, index)
  }
}

for (const version of [4, 5] as const) {
  console.log(`MQTT ${version === 4 ? '3.1.1' : '5'}`)
  const packet = publishOf(version)
  const opts = { protocolVersion: version }
  const kept = parser(opts)
  kept.on('packet', NONE)
  measure('  PUBLISH read, by hand', () => {
    readPlainPublish(packet, 0, readFixedHeader(packet, 0, packet.length)!, version)
  })
  measure('  PUBLISH read, mqtt-packet, one parser kept', () => kept.parse(packet))
  measure('  PUBLISH read, mqtt-packet, a parser a packet', () => {
    const once = parser(opts)
    once.on('packet', NONE)
    once.parse(packet)
  })
  measure('  SealedEnvelope decoded', () => sealedEnvelope.decode(payload))
  const letter = { sequence: 4711, previous: 4710, bytes: stored }
  measure('  PUBLISH written, by hand', () => fromDelivery(letter, TOPIC, false, version))
  measure('  PUBLISH written, mqtt-packet', () => {
    const body = Buffer.concat([letter.bytes, Buffer.from([0x40, 0xe7, 0x24])])
    generate(
      {
        cmd: 'publish',
        topic: TOPIC,
        qos: 1,
        messageId: 7,
        payload: body,
        dup: false,
        retain: false,
      },
      opts,
    )
  })
  measure('  PUBACK written, by hand', (index) => writePuback(index & 0xffff))
  measure('  PUBACK written, mqtt-packet', (index) => {
    generate({ cmd: 'puback', messageId: index & 0xffff, reasonCode: 0 }, opts)
  })
  measure(
    '  a relayed message, whole packets',
    relayed(version, (whole) => [whole]),
  )
  measure(
    '  a relayed message, PUBLISH in pieces as mqtt.js',
    relayed(version, (whole) => asMqttJs(whole, version)),
  )
}

/** Bytes of heap and buffers that each of many idle things keeps. */
const memory = <T>(name: string, make: () => T): void => {
  const kept: T[] = [make()]
  globalThis.gc?.()
  globalThis.gc?.()
  const before = process.memoryUsage()
  for (let index = 0; index < 10_000; index++) kept.push(make())
  globalThis.gc?.()
  const after = process.memoryUsage()
  const used = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers
  console.log(`${name.padEnd(52)} ${Math.round(used / kept.length)} bytes`)
}

if (globalThis.gc) {
  const sink = effects(NONE, NONE)
  memory('an idle connection, subscribed', () => connected('ada.lovelace', 5, sink))
  memory('an mqtt-packet parser that has seen a packet', () => {
    const kept = parser({ protocolVersion: 5 })
    kept.on('packet', NONE)
    kept.on('error', NONE)
    kept.parse(publishOf(5))
    return kept
  })
} else {
  console.log('memory: run with --expose-gc')
}
