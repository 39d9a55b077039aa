/**
 * The load process: holds the sockets of all pairs, keeps a number of letters outstanding in each
 * pair, and measures. Told what to do by its parent in one IPC message, answers with others.
 */
import type { CreateDriver, Credentials, Driver, Recipient } from './driver.ts'
import { echoDriver } from './echo.ts'
import { graphqlDriver } from './graphql.ts'
import { mqttDriver } from './mqtt.ts'
import { xmppDriver } from './xmpp.ts'

export type ProtocolName = 'mqtt' | 'xmpp' | 'graphql' | 'mosquitto' | 'ejabberd' | 'echo'

export interface Pair {
  readonly sender: Credentials
  readonly receiver: Credentials
  readonly recipient: Recipient
}

export interface Job {
  readonly from: ProtocolName
  readonly to: ProtocolName
  readonly pairs: readonly Pair[]
  /** Letters of each pair that were sent and not yet both accepted and delivered. */
  readonly outstanding: number
  /** Bytes of a letter. */
  readonly bytes: number
  readonly warmUpMs: number
  readonly measureMs: number
  /** Milliseconds between a letter's end and the pair's next one; 0 for none. */
  readonly pauseMs: number
}

export type Report =
  | { readonly kind: 'connected' }
  | { readonly kind: 'begin' }
  | { readonly kind: 'end'; readonly result: Result }
  | { readonly kind: 'failed'; readonly why: string }

export interface Result {
  readonly delivered: number
  readonly seconds: number
  /** Milliseconds from sending to acceptance and to delivery: p50 and p99. */
  readonly accept: readonly [number, number]
  readonly delivery: readonly [number, number]
}

const DRIVERS: Record<ProtocolName, CreateDriver> = {
  mqtt: mqttDriver(false),
  mosquitto: mqttDriver(true),
  xmpp: xmppDriver(false),
  ejabberd: xmppDriver(true),
  graphql: graphqlDriver,
  echo: echoDriver,
}

const report = (message: Report): void => void process.send?.(message)
const fail = (why: string): void => report({ kind: 'failed', why })

class Meter {
  measuring = false
  delivered = 0
  readonly accepts: number[] = []
  readonly deliveries: number[] = []
}

const percentiles = (values: number[]): [number, number] => {
  values.sort((a, b) => a - b)
  const at = (share: number): number => values[Math.floor(values.length * share)] ?? Number.NaN
  return [at(0.5), at(0.99)]
}

/** One pair: a closed loop that keeps `outstanding` letters on their way. */
const runPair = async (job: Job, pair: Pair, index: number, meter: Meter): Promise<() => void> => {
  const sentAt = new Map<number, number>()
  const waiting: number[] = []
  const halfDone = new Set<number>()
  let number = 0

  const send = (): void => {
    number += 1
    const sealed = Buffer.alloc(job.bytes, index)
    sealed.writeDoubleBE(number, 0)
    sentAt.set(number, performance.now())
    waiting.push(number)
    sender.send(pair.recipient, `${process.pid}-${index}-${number}`, sealed)
  }
  const half = (which: number): void => {
    if (!halfDone.delete(which)) {
      halfDone.add(which)
      return
    }
    sentAt.delete(which)
    if (job.pauseMs > 0) setTimeout(send, job.pauseMs)
    else send()
  }
  const took = (which: number): number => performance.now() - (sentAt.get(which) ?? Number.NaN)
  const events = {
    accepted: () => {
      const which = waiting.shift() ?? 0
      if (meter.measuring) meter.accepts.push(took(which))
      half(which)
    },
    delivered: (sealed: Uint8Array) => {
      const which = Buffer.from(sealed.buffer, sealed.byteOffset, 8).readDoubleBE(0)
      if (!sentAt.has(which)) return
      if (meter.measuring) {
        meter.delivered += 1
        meter.deliveries.push(took(which))
      }
      half(which)
    },
    failed: fail,
  }
  const sender: Driver = DRIVERS[job.from](pair.sender, events)
  const echoes = job.from === 'echo'
  if (!echoes) await DRIVERS[job.to](pair.receiver, events).connect(true)
  await sender.connect(false)
  return () => {
    for (let count = 0; count < job.outstanding; count++) send()
  }
}

/** Pairs that connect at once. */
const CONNECTING = 10

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const run = async (job: Job): Promise<void> => {
  const meter = new Meter()
  const starts: (() => void)[] = []
  const rest = job.pairs.entries()
  const connectNext = async (): Promise<void> => {
    for (const [index, pair] of rest) starts.push(await runPair(job, pair, index, meter))
  }
  await Promise.all(Array.from({ length: CONNECTING }, connectNext))
  report({ kind: 'connected' })
  for (const start of starts) start()
  await sleep(job.warmUpMs)
  meter.measuring = true
  const began = performance.now()
  report({ kind: 'begin' })
  await sleep(job.measureMs)
  meter.measuring = false
  const seconds = (performance.now() - began) / 1000
  const { delivered } = meter
  const accept = percentiles(meter.accepts)
  const delivery = percentiles(meter.deliveries)
  report({ kind: 'end', result: { delivered, seconds, accept, delivery } })
}

process.once('message', (job: Job) => {
  run(job).catch((error: unknown) => fail(String(error)))
})
