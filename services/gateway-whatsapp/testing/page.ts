/** Reads and plays a page of documentation: its tables, its transcripts. */
import { answerOf } from '@isthmus/gateway-core/answer'
import { ErrorCode } from '@isthmus/proto/codec'
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { parse } from './frames.ts'
import {
  ACCEPTED,
  createPeer,
  DEVICE,
  ENABLE,
  peerAt,
  PRESENCE,
  storedLetter,
  TOKEN,
  type Peer,
  type Step,
  type Store,
} from './recorder.ts'

/** The rows of the table under a heading, each as its cells, without the code marks. */
export const tableUnder = (page: string, heading: string): string[][] => {
  const section = page.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  const cells = (row: string): string[] => row.slice(1, -1).split('|')
  return rows.slice(2).map((row) => cells(row).map((cell) => cell.trim().replaceAll('`', '')))
}

export interface Transcript {
  /** How far the log-in has come before it: a step, `dropped`, or nothing. */
  readonly state: string
  /** Each a frame behind `C: ` or `S: `, or a happening in parentheses. */
  readonly lines: readonly string[]
}

/** Frames that are broken into lines are joined: by a blank, or by nothing before a `<`. */
export const transcriptsOf = (page: string): Transcript[] =>
  [...page.matchAll(/^```transcript ?(\w*)\n([^]*?)^```$/gm)].map(([, state = '', text = '']) => ({
    state,
    lines: text
      .trimEnd()
      .replace(/\n {3}(?=<)/g, '')
      .replace(/\n {3}/g, ' ')
      .split('\n'),
  }))

const hmac = (key: Uint8Array, data: string): Buffer =>
  createHmac('sha256', key).update(data).digest()
const SALT = Buffer.from('isthmus page 16b')
const ITERATIONS = 4096
const salted = pbkdf2Sync(TOKEN, SALT, ITERATIONS, 32, 'sha256')
const clientKey = hmac(salted, 'Client Key')
const verifier = {
  deviceId: DEVICE as string,
  storedKey: createHash('sha256').update(clientKey).digest(),
  serverKey: hmac(salted, 'Server Key'),
}

/** A client's last SCRAM message, for the account of this file. */
export const clientFinal = (clientFirstBare: string, serverFirst: string): string => {
  const [, nonce = ''] = /r=([^,]+)/.exec(serverFirst) ?? []
  const withoutProof = `c=biws,r=${nonce}`
  const signature = hmac(verifier.storedKey, `${clientFirstBare},${serverFirst},${withoutProof}`)
  const proof = clientKey.map((byte, at) => byte ^ (signature[at] ?? 0))
  return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`
}

/** What happens elsewhere, by the words in parentheses. */
const HAPPENINGS: readonly (readonly [RegExp, (peer: Peer, ...words: string[]) => string[]])[] = [
  [
    /^the directory knows the token$/,
    (peer) => {
      peer.machine.authenticated({ outcome: 'accepted', device: DEVICE })
      return peer.hears()
    },
  ],
  [
    /^the directory does not know the token$/,
    (peer) => {
      peer.machine.authenticated({ outcome: 'refused' })
      return peer.hears()
    },
  ],
  [
    /^the directory finds the verifiers$/,
    (peer) => {
      peer.machine.scramFound?.({ salt: SALT, iterations: ITERATIONS, verifiers: [verifier] })
      return peer.hears()
    },
  ],
  [/^the relay accepts$/, (peer) => peer.answers(ACCEPTED)],
  [
    /^the relay refuses: stale devices, missing (\S+), extra (\S+)$/,
    (peer, missing = '', extra = '') => {
      const answer = answerOf(ErrorCode.STALE_DEVICES)
      return peer.answers({ ...answer, missing: [missing], extra: [extra] })
    },
  ],
  [
    /^letter (\d+) (?:arrives|is read from the mailbox)$/,
    (peer, sequence) => {
      peer.machine.deliver(storedLetter(Number(sequence)))
      return peer.hears()
    },
  ],
  [/^(\d+) seconds pass$/, (peer, seconds) => peer.advance(Number(seconds) * 1000)],
  [
    /^the gateway stops$/,
    (peer) => {
      peer.machine.goodbye('going-away')
      return peer.hears()
    },
  ],
]

const happen = (peer: Peer, words: string): string[] => {
  for (const [pattern, act] of HAPPENINGS) {
    const match = pattern.exec(words)
    if (match) return act(peer, ...match.slice(1))
  }
  throw new Error(`the page says what no test can do: (${words})`)
}

const peerIn = (state: string): Peer => {
  if (state === '') return createPeer()
  return state === 'dropped' ? droppedPeer() : peerAt(state as Step)
}

/** Before `<resume/>`: one message unanswered, two letters of which one was handled. */
const droppedPeer = (): Peer => {
  const store: Store = new Map()
  const before = peerAt('bound', { store })
  before.says(ENABLE, PRESENCE)
  for (const sequence of [1, 2]) before.machine.deliver(storedLetter(sequence))
  before.hears()
  before.machine.disconnected?.()
  return peerAt('unbound', { store, nonce: 'another stream' })
}

/** Plays a transcript's client and happenings; gives it with the machine's own words in it. */
export const play = ({ state, lines }: Transcript): string[] => {
  const peer = peerIn(state)
  return lines
    .filter((line) => !line.startsWith('S: '))
    .flatMap((line) => {
      const said = line.startsWith('C: ')
      const frames = said ? peer.says(line.slice(3)) : happen(peer, line.slice(1, -1))
      for (const frame of frames) parse(frame)
      return [line, ...frames.map((frame) => `S: ${frame}`)]
    })
}
