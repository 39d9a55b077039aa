/** @xmpp/client, as it comes: log in by PLAIN, send, be acknowledged, receive, resume. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ErrorCode } from '@isthmus/proto/codec'
import { client, xml, type XmppClient, type XmppElement } from '@xmpp/client'
import { once } from 'node:events'
import { DEVICE, DOMAIN, HANDLE, JID, TOKEN } from './testing/recorder.ts'
import { startTestRelay, type TestRelay } from './testing/relay.ts'

let relay: TestRelay
let clients: XmppClient[] = []

beforeEach(async () => {
  relay = await startTestRelay([{ handle: HANDLE, device: DEVICE, token: TOKEN }])
})

afterEach(async () => {
  for (const xmpp of clients) xmpp.reconnect.stop()
  await Promise.all(clients.map((xmpp) => xmpp.stop()))
  clients = []
  await relay.server.stop()
})

const create = (password = TOKEN): XmppClient => {
  const service = relay.server.url
  const xmpp = client({ service, domain: DOMAIN, username: HANDLE, password })
  xmpp.reconnect.delay = 10
  clients.push(xmpp)
  return xmpp
}

/** What a client has heard, and a way to wait for more of it. */
class Heard {
  readonly elements: XmppElement[] = []
  #wake: () => void = () => undefined

  constructor(xmpp: XmppClient) {
    xmpp.on('element', (element: XmppElement) => {
      this.elements.push(element)
      this.#wake()
    })
  }

  /** Resolves with the first element that fits, heard already or not. */
  async first(fits: (element: XmppElement) => boolean): Promise<XmppElement> {
    for (;;) {
      const found = this.elements.find(fits)
      if (found) return found
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

const logIn = async (): Promise<{ xmpp: XmppClient; heard: Heard }> => {
  const xmpp = create()
  const heard = new Heard(xmpp)
  await xmpp.start()
  await heard.first((element) => element.is('enabled', 'urn:xmpp:sm:3'))
  return { xmpp, heard }
}

const letter = (id: string, device: string = DEVICE): XmppElement =>
  xml(
    'message',
    { to: `${HANDLE}@${DOMAIN}`, id, type: 'chat' },
    xml(
      'sealed',
      { xmlns: 'urn:isthmus:sealed:1' },
      xml('letter', { device }, Buffer.alloc(64, id).toString('base64')),
    ),
  )

const sequenceOf = (stanza: XmppElement): string | undefined =>
  stanza.getChild('letter', 'urn:isthmus:sealed:1')?.attrs['sequence']
const isLetter = (stanza: XmppElement): boolean => sequenceOf(stanza) !== undefined

describe('@xmpp/client', () => {
  test('logs in by PLAIN and is bound to its device', async () => {
    const xmpp = create()
    const address = await xmpp.start()
    expect(String(address)).toBe(JID)
  })

  test('is told that its token is wrong', async () => {
    const xmpp = create('isth_wrong')
    xmpp.on('error', () => undefined)
    await expect(xmpp.start()).rejects.toMatchObject({ condition: 'not-authorized' })
  })

  test('sends, is told what was accepted, receives, and acknowledges', async () => {
    const { xmpp, heard } = await logIn()
    const acked = once(xmpp.streamManagement, 'ack')
    await xmpp.send(letter('m1'))
    const [stanza] = (await acked) as [XmppElement]
    expect(stanza.attrs['id']).toBe('m1')
    await xmpp.send(xml('presence'))
    const delivered = await heard.first(isLetter)
    expect(delivered.attrs).toMatchObject({ from: DOMAIN, to: JID, id: '1', type: 'chat' })
    expect(delivered.getChild('letter')?.text()).toBe(Buffer.alloc(64, 'm1').toString('base64'))
    // The client answers the server's request, which moves the cursor: the letter is done with.
    await until(() => relay.mailboxes.cursorOf(DEVICE) === 1)
  })

  test('is refused in a stanza of its own', async () => {
    const { xmpp, heard } = await logIn()
    relay.answer = ErrorCode.MAILBOX_FULL
    await xmpp.send(letter('m1'))
    const stanza = await heard.first((element) => element.attrs['type'] === 'error')
    const error = stanza.getChild('error')
    expect(error?.getChild('mailbox-full', 'urn:isthmus:errors:1')).toBeDefined()
  })

  test('resumes over a dropped socket: nothing lost, nothing twice, in order', async () => {
    const { xmpp, heard } = await logIn()
    await xmpp.send(xml('presence'))
    await xmpp.send(letter('m1'))
    await heard.first(isLetter)
    await until(() => relay.mailboxes.cursorOf(DEVICE) === 1)
    const { id } = xmpp.streamManagement
    const resumed = once(xmpp.streamManagement, 'resumed')
    // The socket goes without a word; meanwhile two letters come.
    dropSocket(xmpp)
    relay.mailboxes.append(DEVICE, Buffer.alloc(64, 'm2'))
    relay.mailboxes.append(DEVICE, Buffer.alloc(64, 'm3'))
    await resumed
    await heard.first((stanza) => sequenceOf(stanza) === '3')
    expect(xmpp.streamManagement.id).toBe(id)
    expect(heard.elements.filter(isLetter).map(sequenceOf)).toEqual(['1', '2', '3'])
    const acked = once(xmpp.streamManagement, 'ack')
    await xmpp.send(letter('m4'))
    const [stanza] = (await acked) as [XmppElement]
    expect(stanza.attrs['id']).toBe('m4')
  })

  test('goes on when its session can not be resumed', async () => {
    await relay.server.stop()
    relay = await startTestRelay([{ handle: HANDLE, device: DEVICE, token: TOKEN }], { holdMs: 0 })
    const { xmpp, heard } = await logIn()
    await xmpp.send(xml('presence'))
    for (const text of ['m1', 'm2', 'm3']) relay.mailboxes.append(DEVICE, Buffer.alloc(64, text))
    await heard.first((stanza) => sequenceOf(stanza) === '3')
    await until(() => relay.mailboxes.cursorOf(DEVICE) === 3)
    xmpp.on('online', () => void xmpp.send(xml('presence')))
    const errors: unknown[] = []
    xmpp.on('error', (error) => errors.push(error))
    dropSocket(xmpp)
    relay.mailboxes.append(DEVICE, Buffer.alloc(64, 'm4'))
    await heard.first((stanza) => sequenceOf(stanza) === '4')
    await until(() => relay.mailboxes.cursorOf(DEVICE) === 4)
    expect(heard.elements.filter(isLetter).map(sequenceOf)).toEqual(['1', '2', '3', '4'])
    expect(errors).toEqual([])
  })

  test('sends again what was not accepted when the socket dropped', async () => {
    const { xmpp } = await logIn()
    const acks: (string | undefined)[] = []
    xmpp.streamManagement.on('ack', (stanza: XmppElement) => acks.push(stanza.attrs['id']))
    const resumed = once(xmpp.streamManagement, 'resumed')
    void xmpp.send(letter('m1'))
    dropSocket(xmpp)
    void xmpp.send(letter('m2'))
    await resumed
    await until(() => acks.includes('m2'))
    expect(acks).toEqual(['m1', 'm2'])
  })
})

/** Ends the client's socket under its stream, as a bad network does. */
const dropSocket = (xmpp: XmppClient): void => {
  const { socket } = (xmpp as unknown as { socket: { socket: WebSocket } }).socket
  socket.close()
}

/** Resolves when the condition holds; the test's own time limit is what ends the wait. */
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}
