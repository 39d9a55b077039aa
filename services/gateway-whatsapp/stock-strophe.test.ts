/** strophe.js, as it comes: log in by SCRAM-SHA-256, send, be acknowledged, receive, resume. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import * as stropheModule from 'strophe.js'
import { BARE_JID, DEVICE, HANDLE, JID, TOKEN } from './testing/recorder.ts'
import { startTestRelay, type TestRelay } from './testing/relay.ts'

type Stanza = Readonly<Record<'nodeName', string>>

/** What is used of strophe.js here. */
interface Connection {
  readonly jid: string
  readonly _proto: { readonly socket: WebSocket }
  rawInput: (text: string) => void
  rawOutput: (text: string) => void
  connect(jid: string, password: string, callback: (status: number) => void): void
  disconnect(reason: string): void
  hasResumed(): boolean
  send(stanza: Stanza): void
}
type Mechanism = new () => object
interface StropheModule {
  readonly Connection: new (service: string, options: object) => Connection
  readonly Status: Readonly<Record<'CONNECTED' | 'AUTHFAIL' | 'CONNFAIL' | 'DISCONNECTED', number>>
  readonly LogLevel: Readonly<Record<'FATAL', number>>
  readonly SASLSHA256: Mechanism
  readonly SASLPlain: Mechanism
  setLogLevel(level: number): void
  xmlHtmlNode(text: string): { readonly documentElement: Stanza }
}

const { Strophe } = stropheModule as unknown as { Strophe: StropheModule }
Strophe.setLogLevel(Strophe.LogLevel.FATAL)

const OTHER = { handle: HANDLE, device: 'EVxqdLNJd8JkVPqo1TVXCw', token: `isth_${'o'.repeat(43)}` }

let relay: TestRelay
let connections: Connection[] = []

beforeEach(async () => {
  relay = await startTestRelay([OTHER, { handle: HANDLE, device: DEVICE, token: TOKEN }])
})

afterEach(async () => {
  for (const connection of connections) connection.disconnect('')
  connections = []
  await relay.server.stop()
})

interface Client {
  readonly connection: Connection
  /** Texts of frames in, and those out that begin with `>`. */
  readonly frames: string[]
  /** Resolves with the first frame that fits, seen already or not. */
  readonly frame: (fits: RegExp) => Promise<string>
}

const create = (mechanisms?: Mechanism[]): Client => {
  const connection = new Strophe.Connection(relay.server.url, {
    enableStreamManagement: true,
    ...(mechanisms ? { mechanisms } : {}),
  })
  connections.push(connection)
  const frames: string[] = []
  let wake = (): void => undefined
  connection.rawInput = (text: string) => {
    frames.push(text)
    wake()
  }
  connection.rawOutput = (text: string) => frames.push(`>${text}`)
  const frame = async (fits: RegExp): Promise<string> => {
    for (;;) {
      const found = frames.find((text) => fits.test(text))
      if (found !== undefined) return found
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return { connection, frames, frame }
}

/** Resolves with the state that the connection comes to rest in; tells of those after it. */
const connect = (
  { connection }: Client,
  password = TOKEN,
  later: (status: number) => void = () => undefined,
): Promise<number> =>
  new Promise((resolve) => {
    const { CONNECTED, AUTHFAIL, CONNFAIL } = Strophe.Status
    connection.connect(BARE_JID, password, (status) => {
      if ([CONNECTED, AUTHFAIL, CONNFAIL].includes(status)) resolve(status)
      later(status)
    })
  })

const letter = (id: string): Stanza =>
  Strophe.xmlHtmlNode(
    `<message xmlns='jabber:client' to='${BARE_JID}' id='${id}' type='chat'>` +
      `<sealed xmlns='urn:isthmus:sealed:1'><letter device='${DEVICE}'>` +
      `${Buffer.alloc(64, id).toString('base64')}</letter></sealed></message>`,
  ).documentElement
const presence = (): Stanza =>
  Strophe.xmlHtmlNode(`<presence xmlns='jabber:client'/>`).documentElement

describe('strophe.js', () => {
  test('logs in by SCRAM-SHA-256, checks the server, and is bound to the device of its token', async () => {
    const client = create([Strophe.SASLSHA256])
    expect(await connect(client)).toBe(Strophe.Status.CONNECTED)
    expect(client.connection.jid).toBe(JID)
    expect(client.frames.join('')).toContain(`mechanism="SCRAM-SHA-256"`)
    const second = create([Strophe.SASLSHA256])
    await connect(second, OTHER.token)
    expect(second.connection.jid).toBe(`${BARE_JID}/${OTHER.device}`)
  })

  test('chooses SCRAM-SHA-256 by itself', async () => {
    const client = create()
    await connect(client)
    expect(client.frames.join('')).toContain(`mechanism="SCRAM-SHA-256"`)
  })

  test.each([
    ['SCRAM-SHA-256', Strophe.SASLSHA256],
    ['PLAIN', Strophe.SASLPlain],
  ] as const)('is told by %s that its token is wrong', async (_name, mechanism) => {
    const client = create([mechanism])
    expect(await connect(client, 'isth_wrong')).toBe(Strophe.Status.AUTHFAIL)
  })

  test('sends, is told what was accepted, receives and acknowledges', async () => {
    const client = create([Strophe.SASLPlain])
    await connect(client)
    client.connection.send(presence())
    await client.frame(/<enabled/)
    client.connection.send(letter('m1'))
    expect(await client.frame(/^<message.*<letter/)).toContain(`sequence='1'`)
    await client.frame(/^<a [^>]*h='2'/)
    while (relay.mailboxes.cursorOf(DEVICE) !== 1) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  })

  test('resumes over a dropped socket', async () => {
    const client = create()
    const disconnected = Promise.withResolvers<void>()
    await connect(client, TOKEN, (status) => {
      if (status === Strophe.Status.DISCONNECTED) disconnected.resolve()
    })
    client.connection.send(presence())
    client.connection.send(letter('m1'))
    await client.frame(/sequence='1'/)
    // The socket goes without a word; meanwhile a letter comes.
    client.connection._proto.socket.close()
    await disconnected.promise
    relay.mailboxes.append(DEVICE, Buffer.alloc(64, 'm2'))
    expect(await connect(client)).toBe(Strophe.Status.CONNECTED)
    expect(client.connection.hasResumed()).toBe(true)
    await client.frame(/sequence='2'/)
    const sequences = client.frames
      .filter((text) => !text.startsWith('>'))
      .flatMap((text) => /sequence='(\d+)'/.exec(text)?.[1] ?? [])
    expect(sequences).toEqual(['1', '2'])
  })
})
