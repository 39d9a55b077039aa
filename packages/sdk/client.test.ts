import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { AttachmentContent, SendableContent } from './content-types.ts'
import { SendError } from './errors.ts'
import { World } from './testing/people.ts'
import { ADA, bodies, BOB, codeOf } from './testing/shorthand.ts'
import { next, take, until, within } from './testing/wait.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

describe('two people write to each other', () => {
  test('a message is accepted, delivered, read', async () => {
    const [ada, bob] = [await world.join(ADA), await world.join(BOB)]
    const sending = ada.send(BOB, 'hello')
    expect(sending).toMatchObject({ to: BOB, state: 'queued' })
    await within(sending.accepted, 'accepted')
    const [message] = await take(bob.messages(), 1)
    expect(message).toMatchObject({
      ...{ id: sending.id, from: ADA, to: BOB, sequence: 1 },
      content: { kind: 'text', body: 'hello' },
      sentAt: world.clock.now(),
    })
    expect(await within(sending.delivered, 'delivered')).toMatchObject({ from: BOB })
    expect(sending.state).toBe('delivered')
    bob.markRead(message!)
    expect(await within(sending.read, 'read')).toMatchObject({ from: BOB })
    expect(sending.state).toBe('read')
  })

  test('every kind of content arrives as it was sent', async () => {
    const [ada, bob] = [await world.join(ADA), await world.join(BOB)]
    const attachment: AttachmentContent = {
      ...{ kind: 'attachment', url: 'https://files.example/1', size: 12_345 },
      ...{ mediaType: 'image/jpeg', fileName: 'cat.jpg' },
      ...{ key: new Uint8Array(32).fill(1), digest: new Uint8Array(32).fill(2) },
    }
    const messageId = 'm1'
    const kinds: SendableContent[] = [
      { kind: 'text', body: 'an answer', inReplyTo: messageId },
      { kind: 'reaction', messageId, emoji: '🦀' },
      { kind: 'edit', messageId, body: 'better' },
      { kind: 'delete', messageId },
      attachment,
    ]
    for (const content of kinds) ada.send(BOB, content)
    const received = await take(bob.messages(), kinds.length)
    expect(received.map(({ content }) => content)).toEqual(kinds)
  })

  test('reactions, edits and deletions refer to the message', async () => {
    const [ada, bob] = [await world.join(ADA), await world.join(BOB)]
    const sent = ada.send(BOB, 'helo')
    const atBob = bob.messages()
    const [message] = await take(atBob, 1)
    bob.react(message!, '👍')
    const [reaction] = await take(ada.messages(), 1)
    expect(reaction?.content).toEqual({ kind: 'reaction', messageId: sent.id, emoji: '👍' })
    ada.edit(sent, 'hello')
    ada.delete(sent)
    const [edit, deletion] = await take(atBob, 2)
    expect(edit?.content).toEqual({ kind: 'edit', messageId: sent.id, body: 'hello' })
    expect(deletion?.content).toEqual({ kind: 'delete', messageId: sent.id })
  })

  test('all devices of the recipient get it; the first word from any of them counts', async () => {
    const ada = await world.join(ADA)
    const bobs = [await world.join(BOB), await world.join(BOB)]
    const sending = ada.send(BOB, 'to both')
    for (const bob of bobs) expect(bodies(await take(bob.messages(), 1))).toEqual(['to both'])
    await within(sending.delivered, 'delivered')
    expect(world.relay.submissions[0]?.submission.letters).toHaveLength(2)
  })

  test('order holds, in both directions at once, many at a time', async () => {
    const [ada, bob] = [await world.join(ADA), await world.join(BOB)]
    const texts = (who: string): string[] => Array.from({ length: 60 }, (_, at) => `${who} ${at}`)
    for (const text of texts('ada')) ada.send(BOB, text)
    for (const text of texts('bob')) bob.send(ADA, text)
    expect(bodies(await take(bob.messages(), 60))).toEqual(texts('ada'))
    expect(bodies(await take(ada.messages(), 60))).toEqual(texts('bob'))
  })

  test('a receipt from somebody else says nothing', async () => {
    const [ada, eve] = [await world.join(ADA), await world.join('messenger:eve.adams')]
    const bob = await world.join(BOB, { deliveredReceipts: false })
    const sending = ada.send(BOB, 'hello')
    await take(bob.messages(), 1)
    // Eve knows the id, and says that it was read.
    const heard = next(ada, 'receipt')
    eve.markRead({ id: sending.id, from: ADA })
    expect(await heard).toMatchObject({ from: 'messenger:eve.adams', messageIds: [sending.id] })
    expect(sending.state).toBe('accepted')
  })
})

describe('what is not sent', () => {
  test('to nobody, to no address, too long, malformed', async () => {
    const ada = await world.join(ADA)
    expect(await codeOf(ada.send('whatsapp:14155559999', 'hi').accepted)).toBe('unknown-recipient')
    expect(await codeOf(ada.send('bob', 'hi').accepted)).toBe('malformed')
    const long = 'x'.repeat(60_001)
    expect(await codeOf(ada.send(ADA, long).accepted)).toBe('too-large')
    const noId = { kind: 'delete', messageId: '' } as const
    expect(await codeOf(ada.send(ADA, noId).accepted)).toBe('malformed')
    const failed = ada.send('bob', 'hi')
    await expect(failed.delivered).rejects.toThrow(SendError)
    await expect(failed.read).rejects.toThrow(SendError)
    expect(failed.state).toBe('failed')
  })

  test('when the client is closed: what was under way stays for the next one', async () => {
    const ada = await world.join(ADA)
    await world.relay.device(BOB)
    world.relay.script = () => 'silence'
    const sending = ada.send(BOB, 'hello')
    await until('the submission', () => world.relay.submissions.length === 1)
    await ada.close()
    expect(await codeOf(sending.accepted)).toBe('closed')
    expect(await codeOf(ada.send(BOB, 'later').accepted)).toBe('closed')
  })

  test('a failure that nobody waits for disturbs nobody', async () => {
    const ada = await world.join(ADA)
    const failed = next(ada, 'sending', ({ state }) => state === 'failed')
    ada.send('whatsapp:14155559999', 'hi')
    expect((await failed).error?.code).toBe('unknown-recipient')
  })
})

describe('reading', () => {
  test('a message is acknowledged when the reader comes back for the next, not before', async () => {
    const bobs = await world.relay.device(BOB)
    const [ada, bob] = [await world.join(ADA), world.client(bobs)]
    await bob.connect()
    for (const text of ['1', '2']) await ada.send(BOB, text).accepted
    const mailbox = world.relay.mailbox(bobs.deviceId)
    const reader = bob.messages()
    await take(reader, 1)
    expect(mailbox.cursor).toBe(0)
    await take(reader, 1)
    await until('the first acknowledgement', () => mailbox.cursor === 1)
    await reader.return()
    await until('the second acknowledgement', () => mailbox.cursor === 2)
  })

  test('one loop at a time, and another one after it', async () => {
    const [ada, bob] = [await world.join(ADA), await world.join(BOB)]
    ada.send(BOB, '1')
    const first = bob.messages()
    await take(first, 1)
    await expect(bob.messages().next()).rejects.toThrow('one loop at a time')
    await first.return()
    ada.send(BOB, '2')
    expect(bodies(await take(bob.messages(), 1))).toEqual(['2'])
  })

  test('closing the client ends the loop', async () => {
    const bob = await world.join(BOB)
    const ended = bob.messages().next()
    await bob.close()
    expect((await within(ended, 'the end')).done).toBe(true)
  })

  test('close acknowledges what the loop was left with', async () => {
    const bobs = await world.relay.device(BOB)
    const [ada, bob] = [await world.join(ADA), world.client(bobs)]
    await bob.connect()
    await ada.send(BOB, 'only').accepted
    for await (const message of bob.messages()) {
      expect(bodies([message])).toEqual(['only'])
      break
    }
    await bob.close()
    expect(world.relay.mailbox(bobs.deviceId)).toMatchObject({ cursor: 1, letters: [] })
  })
})
