/** docs/protocols/mqtt.md tells the truth: its tables are the ones in answers.ts, its bytes work. */
import { describe, expect, test } from '@jest/globals'
import { DEFAULT_GATEWAY_LIMITS } from '@isthmus/gateway-core/gateway'
import { delivery, ErrorCode } from '@isthmus/proto/codec'
import { LIMITS } from '@isthmus/runtime/limits'
import { readFileSync } from 'node:fs'
import { ANSWERS, CLOSES, CONNECT_REFUSALS, GOODBYES, INTERNAL, VIOLATIONS } from './answers.ts'
import { DEFAULT_MQTT_LIMITS } from './protocol/limits.ts'
import { ACCEPTED, answerOf, Client, DEVICE, type Version } from './testing/client.ts'

const page = readFileSync(new URL('../../docs/protocols/mqtt.md', import.meta.url), 'utf8')

/** The cells of the table behind a marker, without its head and without back quotes. */
const table = (name: string): string[][] => {
  const [, behind] = page.split(`<!-- table: ${name} -->\n`)
  if (behind === undefined) throw new Error(`no table ${name}`)
  const rows = behind.trimStart().split('\n\n')[0]!.split('\n').slice(2)
  return rows.map((row) => {
    const cells = row.split('|').slice(1, -1)
    return cells.map((cell) => cell.trim().replaceAll('`', ''))
  })
}

const columns = (name: string, count: number): string[][] =>
  table(name).map((row) => row.slice(0, count))

const hex = (code: number): string => `0x${code.toString(16)}`

describe('tables', () => {
  test('ANSWERS', () => {
    const rows = Object.entries(ANSWERS).map(([number, { error, reasonCode, close }]) => {
      return [number, error, hex(reasonCode), String(close.code)]
    })
    expect(columns('ANSWERS', 4)).toEqual(rows)
  })

  test('CONNECT_REFUSALS', () => {
    const rows = Object.entries(CONNECT_REFUSALS).map(([kind, row]) => {
      const returnCode = String(row.returnCode ?? 'none')
      return [kind, hex(row.reasonCode), returnCode, String(row.close.code)]
    })
    expect(columns('CONNECT_REFUSALS', 4)).toEqual(rows)
  })

  test('CLOSES', () => {
    const rows = Object.values(CLOSES).map(({ code, reconnect }) => [String(code), reconnect])
    expect(columns('CLOSES', 2)).toEqual(rows)
  })

  test('GOODBYES', () => {
    const rows = Object.entries({ ...GOODBYES, internal: INTERNAL }).map(([kind, row]) => {
      // Before the CONNACK there is no DISCONNECT.
      const code = kind === 'authentication-timeout' ? 'none' : hex(row.reasonCode)
      return [kind, code, String(row.close.code)]
    })
    expect(columns('GOODBYES', 3)).toEqual(rows)
  })

  test('VIOLATIONS', () => {
    const rows = Object.entries(VIOLATIONS).map(([kind, { reasonCode, close }]) => {
      return [kind, hex(reasonCode), String(close.code)]
    })
    expect(columns('VIOLATIONS', 3)).toEqual(rows)
  })

  test('LIMITS', () => {
    const number = (value: number): string => value.toLocaleString('en')
    const mqtt = DEFAULT_MQTT_LIMITS
    const expected = [
      `${LIMITS.minSealedBytes} to ${number(LIMITS.maxSealedBytes)} bytes`,
      `${LIMITS.maxLetters}, ${number(LIMITS.maxSubmissionBytes)} bytes`,
      `${LIMITS.maxSubmissionIdBytes} bytes`,
      `${number(mqtt.maxPacketBytes)} bytes`,
      `${number(mqtt.maxControlPacketBytes)} bytes`,
      `${number(mqtt.maxPropertyBytes)} bytes`,
      `${mqtt.maxClientIdLength} characters`,
      `${number(DEFAULT_GATEWAY_LIMITS.submissionRate)} a second, ${number(DEFAULT_GATEWAY_LIMITS.submissionBurst)} at once`,
      number(mqtt.receiveMaximum),
      String(mqtt.window),
      `${mqtt.maxSessionExpirySeconds} s`,
      `${mqtt.maxKeepAliveSeconds} s`,
    ]
    expect(table('LIMITS').map(([, limit]) => limit)).toEqual(expected)
    expect(mqtt.maxSessionExpirySeconds * 1_000).toBe(DEFAULT_GATEWAY_LIMITS.holdMs)
    for (const at of [mqtt.minClientPacketBytes, mqtt.maxEarlyBytes, LIMITS.maxPending])
      expect(page).toContain(number(at))
  })
})

type Step = { readonly who: '→' | '←'; bytes: Buffer } | { readonly who: '!'; event: string }

/** Hexadecimal bytes, "text" and 49×5e. */
const bytesOf = (text: string): Buffer => {
  const tokens = text.match(/"[^"]*"|[^\s"]+/g) ?? []
  return Buffer.concat(
    tokens.map((token) => {
      if (token.startsWith('"')) return Buffer.from(token.slice(1, -1))
      const [count, byte] = token.split('×')
      if (byte !== undefined) return Buffer.alloc(Number(count), Number.parseInt(byte, 16))
      if (!/^[0-9a-f]{2}$/.test(token)) throw new Error(`not a byte: ${token}`)
      return Buffer.from([Number.parseInt(token, 16)])
    }),
  )
}

const stepsOf = (example: string): Step[] => {
  const steps: Step[] = []
  for (const line of example.split('\n')) {
    const who = line[0]
    const last = steps.at(-1)
    if (who === '!') steps.push({ who, event: line.slice(2) })
    if (who !== '→' && who !== '←' && who !== ' ') continue
    const bytes = bytesOf(line.slice(1).replace(/#.*/, ''))
    if (who !== ' ') steps.push({ who, bytes })
    else if (last && last.who !== '!') last.bytes = Buffer.concat([last.bytes, bytes])
  }
  return steps
}

const STALE = 'the relay answers STALE_DEVICES, missing '

const happen = (client: Client, event: string): void => {
  const { machine, recorder } = client
  const reference = recorder.submitted.at(-1)?.reference ?? 0
  if (event === 'logged in') client.login()
  else if (event === 'the relay accepts') machine.answered(reference, ACCEPTED)
  else if (event.startsWith(STALE)) {
    const missing = [event.slice(STALE.length)]
    machine.answered(reference, answerOf(ErrorCode.STALE_DEVICES, { missing }))
  } else if (event === 'a letter is there') {
    const sealed = new Uint8Array(49).fill(0x5e)
    const bytes = delivery.encode({ sealed, acceptedAt: 1_795_411_827_432 })
    machine.deliver({ sequence: 1, previous: 0, bytes })
  } else if (event === 'the same device connects elsewhere') client.goodbye('replaced')
  else if (event.startsWith('closed ')) expect(client.closed?.code).toBe(Number(event.slice(7)))
  else throw new Error(`no such event: ${event}`)
}

const examples = [...page.matchAll(/```mqtt ([45])\n([^`]*)```/g)]

test('the page has its examples', () => {
  expect(examples.length).toBeGreaterThanOrEqual(8)
})

test.each(
  examples.map(([, version, text], at) => [at + 1, Number(version) as Version, text!] as const),
)('example %i, protocol level %i', (_at, version, text) => {
  const client = new Client({ version })
  const { frames } = client.recorder
  for (const step of stepsOf(text)) {
    if (step.who === '!') happen(client, step.event)
    else if (step.who === '→') {
      client.raw(step.bytes)
      client.machine.authenticated({ outcome: 'accepted', device: DEVICE })
    } else {
      expect(Buffer.from(frames.shift() ?? []).toString('hex')).toBe(step.bytes.toString('hex'))
    }
  }
  expect(frames).toEqual([])
})
