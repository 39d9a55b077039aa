/** docs/protocols/graphql.md says what is: its frames, its schema, its tables. */
import { DEFAULT_GATEWAY_LIMITS } from '@isthmus/gateway-core/gateway'
import { ErrorCode } from '@isthmus/proto/codec'
import { LIMITS } from '@isthmus/runtime/limits'
import { describe, expect, test } from '@jest/globals'
import { buildSchema, printSchema } from 'graphql'
import { readFileSync } from 'node:fs'
import { ANSWERS, CLOSES, GOODBYES } from './answers.ts'
import { DEFAULT_GRAPHQL_LIMITS } from './protocol/limits.ts'
import { createSchema } from './protocol/schema.ts'
import { ACCEPTED, Harness, refusal } from './testing/harness.ts'
import { codeBlocks, tableUnder, type Block } from './testing/page.ts'

const page = readFileSync(new URL('../../docs/protocols/graphql.md', import.meta.url), 'utf8')
const SEALED = Buffer.from('sealed boxes have 48 bytes of overhead, then some')

/** What happens elsewhere, by the words in parentheses. */
const HAPPENINGS: readonly (readonly [RegExp, (harness: Harness, ...words: string[]) => void])[] = [
  [/^the token is wrong$/, (h) => h.machine.authenticated({ outcome: 'refused' })],
  [/^(\d+) seconds pass$/, (h, seconds) => h.passMs(Number(seconds) * 1000)],
  [/^the relay accepts$/, (h) => h.machine.answered(submitted(h), ACCEPTED)],
  [
    /^the relay refuses: STALE_DEVICES, missing (\S+), extra (\S+)$/,
    (h, missing = '', extra = '') => {
      const lists = { missing: [missing], extra: [extra] }
      h.machine.answered(submitted(h), refusal(ErrorCode.STALE_DEVICES, lists))
    },
  ],
  [/^letter (\d+) arrives$/, (h, sequence) => h.deliver(Number(sequence), SEALED)],
  [
    /^letter (\d+) is damaged$/,
    (h, sequence) => {
      const bytes = new Uint8Array([0xff])
      h.machine.deliver({ sequence: Number(sequence), previous: 0, bytes })
    },
  ],
  [/^the gateway stops$/, (h) => h.machine.goodbye('going-away')],
]

const submitted = (harness: Harness): number => {
  const last = harness.takeEffects().findLast(({ effect }) => effect === 'submit')
  if (last?.effect !== 'submit') throw new Error('nothing was submitted')
  return last.reference
}

const happen = (harness: Harness, words: string): void => {
  for (const [pattern, act] of HAPPENINGS) {
    const match = pattern.exec(words)
    if (!match) continue
    act(harness, ...match.slice(1))
    return
  }
  throw new Error(`the page says what no test can do: (${words})`)
}

/** Plays a transcript's clients and happenings; gives the transcript with the machine's own words. */
const play = ({ info, lines }: Block): string[] => {
  const harness = new Harness()
  if (info === 'transcript connected') harness.connect()
  const played: string[] = []
  for (const line of lines) {
    if (line.startsWith('S: ')) continue
    played.push(line)
    if (line.startsWith('C: ')) harness.receive(line.slice(3))
    else happen(harness, line.slice(1, -1))
    if (line.includes('connection_init') && !lines.includes('(the token is wrong)')) {
      harness.machine.authenticated({ outcome: 'accepted', device: 'd' as never })
    }
    played.push(...harness.frames.splice(0).map((frame) => `S: ${frame}`))
    played.push(...harness.closes.splice(0).map(({ code, reason }) => `S: close ${code} ${reason}`))
  }
  return played
}

describe('frames', () => {
  const transcripts = codeBlocks(page).filter(({ info }) => info.startsWith('transcript'))

  test.each(transcripts.map((block, index) => [index + 1, block] as const))('%d', (_, block) => {
    expect(play(block)).toEqual(block.lines)
  })

  test('there are some', () => {
    expect(transcripts.length).toBeGreaterThan(6)
  })
})

test('the schema is the code’s', () => {
  const sdl = codeBlocks(page).find(({ info }) => info === 'graphql')
  expect(printSchema(buildSchema(sdl?.lines.join('\n') ?? ''))).toBe(printSchema(createSchema()))
})

test('the table of errors is answers.ts’', () => {
  expect(tableUnder(page, 'Errors').map(([code, message]) => ({ code, message }))).toEqual(
    Object.values(ANSWERS),
  )
})

test('the table of closes is answers.ts’', () => {
  const rows = tableUnder(page, 'Closes').map(([code, reason, , reconnect]) => ({
    code: Number(code),
    reason,
    reconnect,
  }))
  expect(rows).toEqual([...new Set([...Object.values(CLOSES), ...Object.values(GOODBYES)])])
})

test('the limits are the code’s', () => {
  const { query, work, ...limits } = DEFAULT_GRAPHQL_LIMITS
  const { submissionRate, submissionBurst } = DEFAULT_GATEWAY_LIMITS
  const number = (value: number): string => value.toLocaleString('en-US')
  const perSecond = (rate: number, burst: number): string =>
    `${number(rate)} a second, ${number(burst)} at once`
  expect(tableUnder(page, 'Limits').map(([, limit]) => limit)).toEqual([
    number(limits.maxFrameBytes),
    `${number(LIMITS.minSealedBytes)} to ${number(LIMITS.maxSealedBytes)}`,
    number(LIMITS.maxLetters),
    number(LIMITS.maxSubmissionBytes),
    number(LIMITS.maxSubmissionIdBytes),
    number(LIMITS.maxTtlSeconds),
    perSecond(submissionRate, submissionBurst),
    number(LIMITS.maxPending),
    number(limits.maxOperations),
    number(limits.maxIdLength),
    number(limits.window),
    number(query.maxLength),
    number(query.maxTokens),
    number(query.maxSelections),
    number(query.maxDepth),
    number(query.maxCost),
    number(query.maxAliases),
    number(query.maxDirectives),
    perSecond(work.perSecond, work.burst),
  ])
  expect(page).toContain(`at most ${number(limits.maxFrameBytes)} bytes`)
  expect(page).toContain(`closed with 4480`)
  expect(DEFAULT_GATEWAY_LIMITS.slowReaderMs).toBe(60_000)
  expect(limits.initTimeoutMs).toBe(10_000)
})
