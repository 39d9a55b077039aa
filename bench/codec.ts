/**
 * `npm run bench codec [-- --rounds N]`: encode and decode of the hot path's messages by
 * protobuf-es, protobufjs' static code and protobufjs by reflection. Each row is the median of
 * several rounds, in which the codecs take turns, so that a slow moment of the machine hits all.
 */
import { parseArgs } from 'node:util'
import { codecsOf, messageType, type Plain, type TestCodec } from '@isthmus/proto/testing/codecs'

/** Long enough for the clock to be exact and short enough for many rounds. */
const ROUND_MS = 60

const sealed = (size: number): Uint8Array => Buffer.alloc(size, 0xa5)
const id = (n: number): string => Buffer.alloc(16, n).toString('base64url')

const letter = (n: number): Plain => ({ deviceId: id(n), sealed: sealed(300) })
const submission = (n: number): Plain => ({
  key: sealed(16),
  recipient: id(n),
  pairTag: id(n + 1),
  letters: [letter(n)],
  ttlSeconds: 2_592_000,
})
const routeRequest = (count: number): Plain => ({
  submissions: Array.from({ length: count }, (_, n) => submission(n)),
})

/** 300-byte letters throughout. */
const CASES: readonly [label: string, type: string, message: Plain][] = [
  ['SealedEnvelope, 1 letter', 'SealedEnvelope', { id: 'msg-000001', letters: [letter(1)] }],
  ['RouteRequest of 1', 'RouteRequest', routeRequest(1)],
  ['RouteRequest of 16', 'RouteRequest', routeRequest(16)],
  ['RouteRequest of 128', 'RouteRequest', routeRequest(128)],
  ['Delivery', 'Delivery', { sealed: sealed(300), acceptedAt: 1_767_225_600_123, sequence: 4711 }],
]

type Work = () => unknown

/** Microseconds of one call, over a round. */
const round = (work: Work): number => {
  let calls = 0
  const started = performance.now()
  let elapsed = 0
  while (elapsed < ROUND_MS) {
    for (let i = 0; i < 32; i += 1) work()
    calls += 32
    elapsed = performance.now() - started
  }
  return (elapsed * 1000) / calls
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}

const measure = (works: readonly Work[], rounds: number): readonly number[] => {
  const times = works.map((): number[] => [])
  for (const work of works) round(work)
  for (let n = 0; n < rounds; n += 1) {
    for (const [i, work] of works.entries()) times[i]?.push(round(work))
  }
  return times.map(median)
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const print = (label: string, codecs: readonly TestCodec[], times: readonly number[]): void => {
  const best = Math.min(...times)
  for (const [i, codec] of codecs.entries()) {
    const us = times[i] ?? NaN
    const perSecond = Math.round(1_000_000 / us).toLocaleString('en')
    console.log(row([label, codec.name, us.toFixed(2), perSecond, (us / best).toFixed(1)]))
  }
}

export const run = async (): Promise<void> => {
  const options = { rounds: { type: 'string', default: '9' } } as const
  const { values } = parseArgs({ args: process.argv.slice(3), options })
  const rounds = Number(values.rounds)
  console.log(`Node ${process.versions.node}; medians of ${rounds} rounds of ${ROUND_MS} ms\n`)
  console.log(row(['message', 'codec', 'µs/op', 'ops/s', 'times the best']))
  console.log(row(['---', '---', '---:', '---:', '---:']))
  for (const [label, type, message] of CASES) {
    const codecs = codecsOf(messageType(type))
    const encodes = codecs.map((codec) => {
      const input = codec.prepare(message)
      return () => codec.encode(input)
    })
    // Sockets and the bus hand over Buffers.
    const bytes = Buffer.from(encodes[0]!())
    print(`${label}, ${bytes.length} B: encode`, codecs, measure(encodes, rounds))
    const decodes = codecs.map((codec) => () => codec.decode(bytes))
    print(`${label}, ${bytes.length} B: decode`, codecs, measure(decodes, rounds))
  }
}
