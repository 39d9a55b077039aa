/** What a client meets at the relay's limits: its protocol's own code each, nothing lost. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { accepted, numbered } from './harness/app.ts'
import { World } from './harness/world.ts'
import { goodbye, refusal, type Refusal } from './stock/codes.ts'
import type { StockKind } from './stock/client.ts'
import { KINDS, ONE_OF } from './stock/kinds.ts'

const MAX_LETTER_BYTES = 65_536

let world: World
let narrow: World

beforeAll(async () => {
  world = await World.begin({ ISTHMUS_MAILBOX_LETTERS: '4', ISTHMUS_SLOW_READER_SECONDS: '1' })
  narrow = await World.begin({ ISTHMUS_SUBMISSION_RATE: '1', ISTHMUS_SUBMISSION_BURST: '2' })
}, 40_000)

afterAll(async () => {
  await world.end()
  await narrow.end()
})

describe.each(KINDS)('$name', (kind) => {
  const refused = (answer: Refusal): object => refusal(kind.dialect, answer)

  test('is told that a mailbox is full, until it is read', async () => {
    const sender = await world.online(kind)
    const recipient = await world.away(ONE_OF.instagram)
    const { account } = recipient
    await accepted(await sender.writeAll(account, numbered('letter', 4)))
    expect(await sender.write(account, 'too many', 'm5')).toMatchObject(refused('MAILBOX_FULL'))
    await recipient.open()
    expect(await recipient.texts(4)).toEqual(numbered('letter', 4))
    await recipient.close()
    expect(await sender.write(account, 'now there is room', 'm5')).toMatchObject({
      answer: 'ACCEPTED',
    })
    await recipient.open()
    expect(await recipient.read(1)).toMatchObject([{ sequence: 5, text: 'now there is room' }])
  })

  test('may send a letter of the largest size, and not one byte more', async () => {
    const sender = await world.online(kind)
    const recipient = await world.online(ONE_OF.messenger)
    const to = recipient.account
    const letter = (bytes: number) => [{ device: recipient.device.id, sealed: randomBytes(bytes) }]
    const largest = letter(MAX_LETTER_BYTES)
    expect(await sender.client.send(to, 'm1', largest)).toMatchObject({ answer: 'ACCEPTED' })
    const { sealed } = await recipient.client.received.take('the largest letter')
    expect(Buffer.from(sealed).equals(largest[0]!.sealed)).toBe(true)
    const over = await sender.client.send(to, 'm2', letter(MAX_LETTER_BYTES + 1))
    expect(over).toMatchObject(refused('TOO_LARGE'))
    const unsealed = await sender.client.send(to, 'm3', letter(48))
    expect(unsealed).toMatchObject(refused('NOT_SEALED'))
  })

  test('is told what is malformed, and goes on', async () => {
    const sender = await world.online(kind)
    const recipient = await world.online(ONE_OF.messenger)
    const to = recipient.account
    const [letter] = await sender.seal(to, 'fine')
    const { sealed } = letter!
    const wrong = [
      await sender.client.send(to, 'm1', [{ device: 'not a device id', sealed }]),
      await sender.client.send(to, 'm2', [letter!, letter!]),
    ]
    for (const outcome of wrong) expect(outcome).toMatchObject(refused('MALFORMED'))
    const long = await sender.client.send(to, 'i'.repeat(65), [letter!])
    expect(long).toMatchObject(refused('TOO_LARGE'))
    expect(await sender.client.send(to, 'm3', [letter!])).toMatchObject({ answer: 'ACCEPTED' })
    expect(await recipient.texts(1)).toEqual(['fine'])
  })

  test('is told when it sends too fast, and when to go on', async () => {
    const sender = await narrow.online(kind)
    const recipient = await narrow.away(ONE_OF.messenger)
    const outcomes = await Promise.all(await sender.writeAll(recipient.account, numbered('', 4)))
    const limited = outcomes.filter(({ answer }) => answer !== 'ACCEPTED')
    expect(limited.length).toBeGreaterThanOrEqual(1)
    for (const outcome of limited) {
      expect(outcome).toMatchObject(refused('RATE_LIMITED'))
      expect(outcome.retryAfterMs).toBeGreaterThan(0)
      expect(outcome.retryAfterMs).toBeLessThanOrEqual(2000)
    }
  })
})

test('who does not acknowledge is disconnected, and catches up', async () => {
  const sender = await world.online(ONE_OF.messenger)
  // All at once: each takes the relay's patience, and that of a WebSocket's close.
  const tell = async (kind: StockKind): Promise<void> => {
    const reader = await world.online(kind)
    const { line, ends, returns } = reader.client
    line.hold('up')
    await accepted(await sender.writeAll(reader.account, numbered('letter', 3)))
    const end = await ends.take(`the disconnection of ${kind.name}`)
    expect([kind.name, end]).toEqual([kind.name, goodbye(kind.dialect, 'slow-reader', end)])
    line.cut()
    line.release('up')
    await returns.take(`the return of ${kind.name}`)
    await accepted(await sender.writeAll(reader.account, ['new']))
    expect(await reader.texts(4)).toEqual([...numbered('letter', 3), 'new'])
    expect(reader.shown.at(-1)?.sequence).toBe(4)
  }
  await Promise.all(KINDS.map(tell))
})
