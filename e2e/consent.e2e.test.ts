/** Who may write to whom, and what those are told who may not. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomBytes, randomUUID } from 'node:crypto'
import type { App } from './harness/app.ts'
import { sealFor, type Account, type Letter } from './harness/people.ts'
import { World } from './harness/world.ts'
import { refusal } from './stock/codes.ts'
import type { Outcome } from './stock/client.ts'
import { KINDS, ONE_OF } from './stock/kinds.ts'

let world: World

beforeAll(async () => {
  world = await World.begin()
}, 30_000)

afterAll(() => world.end())

const ACCEPTED = { answer: 'ACCEPTED' }

/** Letters for a device that somebody made up who was not told any. */
const guess = (from: App, to: Account): Promise<Letter[]> => {
  const deviceId = randomBytes(16).toString('base64url')
  const x25519 = from.device.x25519.publicKey
  const device = { deviceId, x25519: Buffer.from(x25519).toString('base64url') }
  return sealFor(from.device, to, [device], 'guessed')
}

const tryToWrite = async (from: App, to: Account): Promise<Outcome> =>
  from.client.send(to, randomUUID(), await guess(from, to))

const say = async (of: App, by: Account, consent: string): Promise<void> => {
  const path = `/v1/consents/${of.account.network}/${of.account.handle}`
  if (consent === '') await world.ask(by.token, 'DELETE', path)
  else await world.ask(by.token, 'PUT', path, { consent })
}

describe.each(KINDS)('a sender with $name', (kind) => {
  test('cannot tell a person who did not allow them from nobody', async () => {
    const sender = await world.online(kind)
    // Nothing was said at sign-up: the default holds.
    const shy = await world.away(ONE_OF.instagram, await world.account(ONE_OF.instagram, 'default'))
    const nobody: Account = { ...shy.account, handle: world.handle(ONE_OF.instagram) }
    const toNobody = await tryToWrite(sender, nobody)
    expect(toNobody).toMatchObject(refusal(kind.dialect, 'UNKNOWN_RECIPIENT'))
    expect(await tryToWrite(sender, shy.account)).toEqual(toNobody)
    await expect(sender.seal(shy.account, '')).rejects.toThrow('404')
    await expect(sender.seal(nobody, '')).rejects.toThrow('404')
  })

  test('writes once they are allowed', async () => {
    const sender = await world.online(kind)
    const shy = await world.online(
      ONE_OF.messenger,
      await world.account(ONE_OF.messenger, 'default'),
    )
    await tryToWrite(sender, shy.account)
    await say(sender, shy.account, 'allowed')
    expect(await sender.write(shy.account, 'may I?')).toMatchObject(ACCEPTED)
    expect(await shy.texts(1)).toEqual(['may I?'])
    await say(sender, shy.account, 'blocked')
    expect(await tryToWrite(sender, shy.account)).toMatchObject(
      refusal(kind.dialect, 'UNKNOWN_RECIPIENT'),
    )
  })

  test('is refused once they are blocked, until they are not', async () => {
    const sender = await world.online(kind)
    const open = await world.online(ONE_OF.whatsapp)
    const letters = await sender.seal(open.account, 'before the block')
    await say(sender, open.account, 'blocked')
    expect(await sender.client.send(open.account, 'm1', letters)).toMatchObject(
      refusal(kind.dialect, 'REFUSED'),
    )
    await expect(sender.seal(open.account, '')).rejects.toThrow('404')
    await say(sender, open.account, '')
    expect(await sender.write(open.account, 'after the block')).toMatchObject(ACCEPTED)
    expect(await open.read(1)).toMatchObject([{ sequence: 1, text: 'after the block' }])
  })
})
