/**
 * `npm run bench relay [-- options]`: the whole relay as a user runs it, embedded profile, against
 * one-to-one letters in all nine directions, with a bare echo floor and, if they are installed,
 * Mosquitto and ejabberd in the same run.
 * Options: --pairs N, --outstanding N, --seconds N, --bytes N, --only NAME (a part of a row's
 * name), --sockets N (for the memory rows).
 */
import { NETWORKS, type Network } from '@isthmus/runtime/address'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { idleMemory } from './idle-memory.ts'
import type { Job, Pair, ProtocolName } from './load/main.ts'
import { measure, type Measured } from './load-process.ts'
import { echoServer, ejabberdServer, mosquittoServer } from './peers.ts'
import { startRelayProcess, type RelayUnderLoad } from './relay-process.ts'
import { seed, type Seeded } from './seed.ts'

const PROTOCOL: Record<Network, ProtocolName> = {
  whatsapp: 'xmpp',
  messenger: 'mqtt',
  instagram: 'graphql',
}

interface Options {
  readonly pairs: number
  readonly outstanding: number
  readonly seconds: number
  readonly bytes: number
  readonly only: string
  readonly sockets: number
}

const readOptions = (): Options => {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: {
      pairs: { type: 'string', default: '100' },
      outstanding: { type: 'string', default: '8' },
      seconds: { type: 'string', default: '5' },
      bytes: { type: 'string', default: '300' },
      only: { type: 'string', default: '' },
      sockets: { type: 'string', default: '10000' },
    },
  })
  return {
    pairs: Number(values.pairs),
    outstanding: Number(values.outstanding),
    seconds: Number(values.seconds),
    bytes: Number(values.bytes),
    only: values.only,
    sockets: Number(values.sockets),
  }
}

const REALM = 'isthmus.localhost'

const relayPairs = (
  relay: RelayUnderLoad,
  people: readonly Seeded[],
  from: Network,
  to: Network,
  count: number,
): Pair[] => {
  const of = (network: Network): Seeded[] => people.filter((one) => one.network === network)
  const senders = of(from).slice(0, count)
  // Senders and receivers differ also within a network.
  const receivers = of(to).slice(count, 2 * count)
  const credentials = (one: Seeded): Pair['sender'] => ({
    url: relay.urls[one.network],
    realm: REALM,
    handle: one.handle,
    token: one.token,
  })
  return senders.flatMap((sender, index) => {
    const receiver = receivers[index]
    if (!receiver) return []
    const { network, handle, device } = receiver
    const recipient = { network, handle, device }
    return [{ sender: credentials(sender), receiver: credentials(receiver), recipient }]
  })
}

const HEADER =
  'row                          CPU µs/msg  delivered/s  accept p50/p99 ms  delivery p50/p99 ms'

const number = (value: number, width: number, digits: number): string =>
  (Number.isFinite(value) ? value.toFixed(digits) : '-').padStart(width)

const printRow = (name: string, measured: Measured): void => {
  const { cpuMicros, delivered, seconds, accept, delivery } = measured
  console.log(
    name.padEnd(28) +
      number(cpuMicros, 11, 1) +
      number(delivered / seconds, 13, 0) +
      number(accept[0], 12, 2) +
      number(accept[1], 8, 2) +
      number(delivery[0], 12, 2) +
      number(delivery[1], 8, 2),
  )
}

type Row = (name: string, job: Pick<Job, 'from' | 'to' | 'pairs'>, pid: number) => Promise<void>

const rows = (options: Options, light: boolean): Row => {
  return async (name, job, pid) => {
    if (!name.includes(options.only)) return
    const measured = await measure(
      {
        ...job,
        pairs: light ? job.pairs.slice(0, 10) : job.pairs,
        outstanding: light ? 1 : options.outstanding,
        pauseMs: light ? 20 : 0,
        bytes: options.bytes,
        warmUpMs: 2000,
        measureMs: options.seconds * 1000,
      },
      pid,
    )
    printRow(name, measured)
  }
}

const benchFloorAndPeers = async (options: Options, folder: string): Promise<void> => {
  const row = rows(options, false)
  for (const start of [echoServer, mosquittoServer, ejabberdServer]) {
    const peer = await start(folder, options.pairs)
    if ('missing' in peer) {
      console.log(peer.missing)
      continue
    }
    try {
      await row(peer.name, { from: peer.protocol, to: peer.protocol, pairs: peer.pairs }, peer.pid)
    } finally {
      await peer.stop()
    }
  }
}

const benchRelay = async (options: Options, folder: string): Promise<void> => {
  const people = await seed(folder, NETWORKS, options.pairs * 2)
  const relay = await startRelayProcess(folder)
  try {
    for (const light of [false, true]) {
      const row = rows(options, light)
      for (const from of [...NETWORKS].reverse()) {
        for (const to of [...NETWORKS].reverse()) {
          const pairs = relayPairs(relay, people, from, to, options.pairs)
          const name = `${PROTOCOL[from]} → ${PROTOCOL[to]}${light ? ' light' : ''}`
          await row(name, { from: PROTOCOL[from], to: PROTOCOL[to], pairs }, relay.pid)
        }
      }
    }
  } finally {
    await relay.stop()
  }
}

export const run = async (): Promise<void> => {
  const options = readOptions()
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-bench-'))
  try {
    console.log(
      `${options.pairs} pairs, ${options.outstanding} outstanding, ${options.bytes}-byte letters, ` +
        `${options.seconds} s a row; light: 10 pairs, one letter every 20 ms each`,
    )
    console.log(HEADER)
    await benchFloorAndPeers(options, folder)
    await benchRelay(options, join(folder, 'relay'))
    if ('idle memory'.includes(options.only))
      await idleMemory(join(folder, 'idle'), options.sockets)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
