/** Somebody runs a relay: starts it, stops it, starts it again, and gets the set-up wrong. */
import { afterEach, describe, expect, test } from '@jest/globals'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accepted, numbered } from './harness/app.ts'
import { RelayProcess, type Environment } from './harness/relay.ts'
import { World } from './harness/world.ts'
import { goodbye } from './stock/codes.ts'
import { KINDS, ONE_OF } from './stock/kinds.ts'

let ending: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const end of ending.toReversed()) await end()
  ending = []
})

const begin = async (): Promise<World> => {
  const world = await World.begin()
  ending.push(() => world.end())
  return world
}

const emptyFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-e2e-'))
  ending.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A relay that is not meant to get ready. */
const fail = (folder: string, env: Environment): ReturnType<RelayProcess['startInVain']> => {
  const relay = RelayProcess.on(folder, env)
  ending.push(async () => void (await relay.end('SIGKILL')))
  return relay.startInVain()
}

describe('a relay', () => {
  test('starts on a folder that is not there, says where it listens, and stops on Ctrl-C', async () => {
    const folder = join(emptyFolder(), 'not', 'there', 'yet')
    const relay = RelayProcess.on(folder)
    ending.push(() => relay.dispose())
    await relay.startAgain()
    expect(existsSync(join(folder, 'isthmus.db'))).toBe(true)
    for (const url of Object.values(relay.urls)) expect(url).toMatch(/^(ws|http):\/\/127\.0\.0\.1:/)
    expect(await relay.end('SIGINT')).toBe(0)
    expect(relay.output).toMatch(/stopped\n$/)
  })

  test('says goodbye to everybody as their protocols do, and takes them back', async () => {
    const world = await begin()
    const apps = await Promise.all(KINDS.map((kind) => world.online(kind)))
    const ended = world.relay.end('SIGINT')
    for (const { client, kind } of apps) {
      const end = await client.ends.take(`the goodbye to ${kind.name}`)
      expect([kind.name, end]).toEqual([kind.name, goodbye(kind.dialect, 'going-away', end)])
    }
    expect(await ended).toBe(0)
    await world.relay.startAgain()
    const [sender] = apps
    for (const app of apps) {
      await app.client.returns.take(`the return of ${app.kind.name}`)
    }
    for (const app of apps) {
      expect(await sender!.write(app.account, 'welcome back')).toMatchObject({ answer: 'ACCEPTED' })
      expect(await app.texts(1)).toEqual(['welcome back'])
    }
  })

  test('loses nothing of what is under way when it stops', async () => {
    const world = await begin()
    const senders = await Promise.all(KINDS.map((kind) => world.online(kind)))
    const recipients = await Promise.all(KINDS.map(() => world.away(ONE_OF.instagram)))
    const answers = await Promise.all(
      senders.map((sender, index) =>
        sender.writeAll(recipients[index]!.account, numbered('letter', 50)),
      ),
    )
    // Some have their answer when the relay is told to stop, some are on their way, some it never
    // reads. What has no answer the libraries send again.
    await Promise.race(answers.flat())
    expect(await world.relay.end('SIGINT')).toBe(0)
    await world.relay.startAgain()
    await accepted(answers.flat())
    for (const recipient of recipients) {
      await recipient.open()
      expect(await recipient.texts(50)).toEqual(numbered('letter', 50))
      expect(recipient.shown.at(-1)?.sequence).toBe(50)
    }
  })

  test.each(['SIGTERM', 'SIGKILL'] as const)('keeps people and letters over %s', async (signal) => {
    const world = await begin()
    const apps = await Promise.all(KINDS.map((kind) => world.away(kind)))
    const sender = await world.online(ONE_OF.messenger)
    for (const { account } of apps) {
      await accepted(await sender.writeAll(account, numbered('waiting', 10)))
    }
    const again = { to: apps[0]!.account, id: 'accepted before the restart' }
    expect(await sender.write(again.to, 'once', again.id)).toMatchObject({ answer: 'ACCEPTED' })
    await sender.close()
    expect(await world.relay.end(signal)).toBe(signal === 'SIGTERM' ? 0 : null)
    await world.relay.startAgain()
    await sender.open()
    expect(await sender.write(again.to, 'twice', again.id)).toMatchObject({ answer: 'ACCEPTED' })
    for (const app of apps) {
      await sender.write(app.account, 'after the restart')
      await app.open()
      const waiting = numbered('waiting', 10)
      const all = app === apps[0] ? [...waiting, 'once'] : waiting
      expect(await app.texts(all.length + 1)).toEqual([...all, 'after the restart'])
    }
  })
})

describe('a relay that is set up wrong', () => {
  test.each([
    ['ISTHMUS_MESSENGER_PORT', 'http'],
    ['ISTHMUS_DIRECTORY_PORT', '70000'],
    ['ISTHMUS_REALM', 'Not a domain'],
    ['ISTHMUS_LOG_LEVEL', 'loud'],
    ['ISTHMUS_MAILBOX_LETTERS', '0'],
    ['ISTHMUS_DIRECTORY_LIMIT_SIGN_UPS', 'many'],
    ['ISTHMUS_CODE_WEBHOOK_URL', 'https://sms.example/send'],
  ])('names %s=%s and exits 1', async (key, value) => {
    const { code, output } = await fail(emptyFolder(), { [key]: value })
    expect(output).toContain('Isthmus did not start')
    expect(output).toContain(key)
    expect(code).toBe(1)
    // The person who reads this does not need to see where in the code it was noticed.
    expect(output).not.toMatch(/^ +at /m)
  })

  test('names every wrong variable at once', async () => {
    const { output } = await fail(emptyFolder(), {
      ISTHMUS_WHATSAPP_PORT: 'x',
      ISTHMUS_DIRECTORY_LIMIT_CODES: 'y',
    })
    expect(output).toContain('ISTHMUS_WHATSAPP_PORT')
    expect(output).toContain('ISTHMUS_DIRECTORY_LIMIT_CODES')
  })

  test('names a port that is taken', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ending.push(() => void server.close())
    const port = String((server.address() as AddressInfo).port)
    const { code, output } = await fail(emptyFolder(), { ISTHMUS_INSTAGRAM_PORT: port })
    expect(output).toContain(`port ${port} is taken`)
    expect(code).toBe(1)
  })

  test('says that another relay runs on the folder, which is not disturbed', async () => {
    const world = await begin()
    const { code, output } = await fail(world.relay.folder, {})
    expect(output).toMatch(/another process/)
    expect(output).toContain(world.relay.folder)
    expect(output).not.toMatch(/^ +at /m)
    expect(code).toBe(1)
    const app = await world.online(ONE_OF.messenger)
    expect(await app.write(app.account, 'to myself')).toMatchObject({ answer: 'ACCEPTED' })
  })

  test.each(['isthmus.db', 'realm.json'])('says that %s is damaged', async (file) => {
    const folder = emptyFolder()
    writeFileSync(join(folder, file), 'this is neither a database nor JSON'.repeat(50))
    const { code, output } = await fail(folder, {})
    expect(output).toContain(join(folder, file))
    expect(output).not.toMatch(/^ +at /m)
    expect(code).toBe(1)
  })
})
