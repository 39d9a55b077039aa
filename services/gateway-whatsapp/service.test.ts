/** The gateway whole, by frames: what stock clients do not let a test do. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { WebSocket } from 'ws'
import {
  acknowledge,
  BIND,
  DEVICE,
  ENABLE,
  HANDLE,
  OPEN,
  plain,
  PRESENCE,
  SEALED,
  TOKEN,
} from './testing/recorder.ts'
import { startTestRelay, type TestRelay } from './testing/relay.ts'

let relay: TestRelay
let sockets: WebSocket[] = []

beforeEach(async () => {
  relay = await startTestRelay([{ handle: HANDLE, device: DEVICE, token: TOKEN }])
})

afterEach(async () => {
  for (const socket of sockets) socket.terminate()
  sockets = []
  await relay.server.stop()
})

interface Client {
  readonly socket: WebSocket
  readonly say: (...frames: string[]) => void
  /** Resolves with the first frame that fits, heard already or not. */
  readonly hears: (fits: RegExp) => Promise<string>
  readonly closed: Promise<number>
}

const connect = async (): Promise<Client> => {
  const socket = new WebSocket(relay.server.url, 'xmpp')
  sockets.push(socket)
  const heard: string[] = []
  let wake = (): void => undefined
  socket.on('message', (data: Buffer) => {
    heard.push(data.toString())
    wake()
  })
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  await new Promise((resolve) => socket.once('open', resolve))
  const hears = async (fits: RegExp): Promise<string> => {
    for (;;) {
      const found = heard.find((frame) => fits.test(frame))
      if (found !== undefined) return found
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  const say = (...frames: string[]): void => {
    for (const frame of frames) socket.send(frame)
  }
  return { socket, say, hears, closed }
}

const logIn = async (token = TOKEN): Promise<Client> => {
  const client = await connect()
  client.say(OPEN, plain(token))
  await client.hears(/<success/)
  client.say(OPEN)
  await client.hears(/<bind/)
  return client
}

/** A client that gets letters, and what its session is resumed by. */
const attach = async (): Promise<{ client: Client; id: string }> => {
  const client = await logIn()
  client.say(BIND, ENABLE, PRESENCE)
  const [, id = ''] = /id='([^']+)'/.exec(await client.hears(/<enabled/)) ?? []
  await client.hears(/<r /)
  client.say(acknowledge(0))
  return { client, id }
}

const resume = (id: string, h: number): string =>
  `<resume xmlns='urn:xmpp:sm:3' previd='${id}' h='${h}'/>`

describe('a session', () => {
  test('is resumed over a half-open socket, which gives way', async () => {
    const { client, id } = await attach()
    relay.mailboxes.append(DEVICE, SEALED)
    await client.hears(/sequence='1'/)
    const next = await logIn()
    await client.hears(/<conflict/)
    expect(await client.closed).toBe(1008)
    next.say(resume(id, 0))
    await next.hears(/<resumed/)
    // Not counted, so it comes again.
    await next.hears(/sequence='1'/)
  })

  test('that is resumed has acknowledged what its client counts', async () => {
    const { client, id } = await attach()
    relay.mailboxes.append(DEVICE, SEALED)
    relay.mailboxes.append(DEVICE, SEALED)
    await client.hears(/sequence='2'/)
    client.socket.terminate()
    const next = await logIn()
    next.say(resume(id, 1))
    await next.hears(/sequence='2'/)
    expect(relay.mailboxes.cursorOf(DEVICE)).toBe(1)
  })

  test('is begun anew when it can not be resumed, and its letters come', async () => {
    const { client } = await attach()
    relay.mailboxes.append(DEVICE, SEALED)
    await client.hears(/sequence='1'/)
    client.socket.terminate()
    const next = await logIn()
    next.say(resume('another', 0))
    await next.hears(/<failed.*<item-not-found/)
    next.say(BIND, ENABLE, PRESENCE)
    await next.hears(/<r /)
    next.say(acknowledge(0))
    expect(await next.hears(/<letter/)).toContain(`sequence='1'`)
  })
})

test('a frame over the size limit closes with 1009', async () => {
  const { client } = await attach()
  client.say(`<message xmlns='jabber:client'>${'x'.repeat(1_600_000)}</message>`)
  expect(await client.closed).toBe(1009)
})

test('a restart says goodbye and that it is worth coming back', async () => {
  const { client } = await attach()
  await relay.server.stop()
  await client.hears(/<system-shutdown/)
  expect(await client.closed).toBe(1012)
})
