import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from '@jest/globals'
import {
  createConsoleCodeSender,
  createWebhookCodeSender,
  webhookSignature,
} from './code-sender.ts'

interface Received {
  readonly request: IncomingMessage
  readonly body: string
}

const open: { close: () => void }[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.close()
})

/** A provider that answers with these statuses, one after the other; 0 for no answer. */
const provider = async (...statuses: number[]) => {
  const received: Received[] = []
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    received.push({ request, body: await text(request) })
    const status = statuses.shift() ?? 200
    if (status > 0) response.writeHead(status, { location: '/elsewhere' }).end()
  }
  const server = createServer((request, response) => void take(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push({ close: () => (server.closeAllConnections(), server.close()) })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/codes`
  const options = {
    url,
    secret: 'shared',
    timeoutMs: 200,
    backoffMs: 1,
    now: () => 1_700_000_000_000,
  }
  return { received, sender: createWebhookCodeSender(options) }
}

test('posts phone and code once, signed', async () => {
  const { received, sender } = await provider(204)
  await sender.send('+14155550123', '012345')
  expect(received).toHaveLength(1)
  const { request, body } = received[0]!
  expect(JSON.parse(body)).toEqual({ phone: '+14155550123', code: '012345' })
  expect(request.headers).toMatchObject({
    'content-type': 'application/json',
    'isthmus-timestamp': '1700000000',
    'isthmus-signature': `sha256=${webhookSignature('shared', '1700000000', body)}`,
  })
  expect(webhookSignature('key', '1', '{}')).not.toBe(webhookSignature('other', '1', '{}'))
})

test('tries again, with the same key, until it is taken', async () => {
  const { received, sender } = await provider(503, 0, 200)
  await sender.send('+14155550123', '012345')
  const keys = received.map(({ request }) => request.headers['idempotency-key'])
  expect(keys).toHaveLength(3)
  expect(new Set(keys).size).toBe(1)
})

test.each([
  ['gives up after three attempts', [500, 500, 500, 200], 3, /3 times, at last with status 500/],
  ['does not repeat what was refused', [400, 200], 1, /1 times, at last with status 400/],
  ['follows no redirect', [302, 302, 302], 3, /no answer/],
])('%s', async (_, statuses, attempts, message) => {
  const { received, sender } = await provider(...statuses)
  await expect(sender.send('+14155550123', '012345')).rejects.toThrow(message)
  expect(received).toHaveLength(attempts)
})

test('the console says that it is for development', async () => {
  let written = ''
  const sender = createConsoleCodeSender((line) => (written += line))
  await sender.send('+14155550123', '012345')
  expect(written).toBe('[development only: no SMS is sent] code for +14155550123: 012345\n')
})
