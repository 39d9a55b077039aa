/** docs/protocols/xmpp.md says what is: its frames, its tables. */
import { DEFAULT_GATEWAY_LIMITS } from '@isthmus/gateway-core/gateway'
import { LIMITS } from '@isthmus/runtime/limits'
import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { ANSWERS, GOODBYES, STREAM_ERRORS } from './answers.ts'
import {
  DEFAULT_XMPP_LIMITS,
  FRAME_LIMITS,
  MAX_AUTHENTICATIONS,
  MAX_UNACKNOWLEDGED,
  OTHER_FRAMES,
} from './protocol/limits.ts'
import { attribute } from './protocol/element.ts'
import { parse } from './testing/frames.ts'
import { clientFinal, play, tableUnder, transcriptsOf } from './testing/page.ts'
import { TOKEN } from './testing/recorder.ts'

const page = readFileSync(new URL('../../docs/protocols/xmpp.md', import.meta.url), 'utf8')
const transcripts = transcriptsOf(page)

describe('the frames', () => {
  test.each(transcripts.map((transcript, at) => [at + 1, transcript] as const))(
    'of transcript %d are what the gateway says',
    (_, transcript) => {
      expect(play(transcript)).toEqual(transcript.lines)
    },
  )

  test('cover every exchange', () => {
    expect(transcripts.length).toBeGreaterThan(15)
    const said = transcripts.flatMap(({ lines }) => lines).join('\n')
    for (const name of [
      'success',
      'enabled',
      'resumed',
      'failed',
      'not-sealed',
      'letter',
      'ping',
    ]) {
      expect(said).toContain(`<${name}`)
    }
  })
})

test('the SCRAM exchange in clear is the one in the frames', () => {
  const [, text = ''] = /```text\n([^]*?)```/.exec(page) ?? []
  const clear = text
    .trim()
    .split('\n')
    .map((line) => line.slice(3))
  const frames = transcripts.find(({ lines }) => lines.some((line) => line.includes('<challenge')))
  const sent = frames?.lines
    .filter((line) => !line.startsWith('('))
    .map((line) => Buffer.from(parse(line.slice(3)).text, 'base64').toString())
  expect(sent).toEqual(clear)
  expect(clear[2]).toBe(clientFinal(clear[0]?.slice(3) ?? '', clear[1] ?? ''))
  expect(page).toContain(TOKEN)
})

test('the table of stanza errors is answers.ts’', () => {
  const rows = tableUnder(page, 'Stanza errors').map(([element, type, condition, text]) => ({
    element,
    type,
    condition,
    text,
  }))
  expect(rows).toEqual(Object.values(ANSWERS).map((row) => ({ ...row })))
})

test('the table of stream errors is answers.ts’', () => {
  const rows = tableUnder(page, 'Stream errors').map(([condition, code, reconnect]) => [
    condition,
    { code: Number(code), reconnect },
  ])
  expect(Object.fromEntries(rows)).toEqual(STREAM_ERRORS)
  expect(rows).toHaveLength(Object.keys(STREAM_ERRORS).length)
})

test('the table of goodbyes is answers.ts’', () => {
  const rows = tableUnder(page, 'Goodbyes').map(
    ([reason, condition, code, reconnect, resumable, text]) => [
      reason,
      { condition, code: Number(code), reconnect, text, resumable: resumable === 'yes' },
    ],
  )
  expect(Object.fromEntries(rows)).toEqual(GOODBYES)
})

test('the limits are the code’s', () => {
  const xmpp = DEFAULT_XMPP_LIMITS
  const gateway = DEFAULT_GATEWAY_LIMITS
  const number = (value: number): string => value.toLocaleString('en-US')
  const perSecond = (rate: number, burst: number): string =>
    `${number(rate)} a second, ${number(burst)} at once`
  expect(tableUnder(page, 'Limits').map(([, limit]) => limit)).toEqual([
    number(xmpp.maxFrameBytes),
    number(FRAME_LIMITS.smallFrame),
    number(FRAME_LIMITS.depth),
    number(FRAME_LIMITS.elements),
    number(FRAME_LIMITS.attributes),
    number(FRAME_LIMITS.attributeValue),
    number(FRAME_LIMITS.references),
    `${number(LIMITS.minSealedBytes)} to ${number(LIMITS.maxSealedBytes)}`,
    number(LIMITS.maxLetters),
    number(LIMITS.maxSubmissionBytes),
    number(LIMITS.maxSubmissionIdBytes),
    number(LIMITS.maxTtlSeconds),
    perSecond(gateway.submissionRate, gateway.submissionBurst),
    number(LIMITS.maxPending),
    perSecond(OTHER_FRAMES.perSecond, OTHER_FRAMES.burst),
    number(xmpp.window),
    number(MAX_UNACKNOWLEDGED.stanzas),
    number(MAX_UNACKNOWLEDGED.characters),
    number(MAX_AUTHENTICATIONS),
    number(gateway.authenticationMs / 1000),
    number(xmpp.negotiationMs / 1000),
    `${xmpp.idleMs / 1000}, ${xmpp.answerMs / 1000}`,
    number(gateway.holdMs / 1000),
  ])
  // What the text says elsewhere.
  expect(gateway.slowReaderMs).toBe(60_000)
  expect(page).toContain(`at most ${xmpp.window} letters`)
  expect(page).toContain(`up to ${LIMITS.maxPending} messages`)
  const enabled = transcripts
    .flatMap(({ lines }) => lines)
    .find((line) => line.includes('<enabled'))
  expect(attribute(parse(enabled?.slice(3)), 'max')).toBe(String(gateway.holdMs / 1000))
})
