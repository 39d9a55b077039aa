/**
 * The gateway as a service on the real gateway core, with a directory that knows a few tokens, a
 * router that accepts what it is told to, and mailboxes in memory.
 */
import { createInProcessBus } from '@isthmus/bus/in-process'
import { SUBJECTS } from '@isthmus/bus/subjects'
import { DEFAULT_GATEWAY_LIMITS } from '@isthmus/gateway-core/gateway'
import { noMetrics } from '@isthmus/gateway-core/metrics'
import type { GatewayServer } from '@isthmus/gateway-core/serve'
import type { Following, MailboxReader, Page, PageLimit, StoredLetter } from '@isthmus/mailbox/port'
import {
  authenticateReply,
  authenticateRequest,
  delivery,
  routeReply,
  routeRequest,
  type Answer,
} from '@isthmus/proto/codec'
import { readConfig } from '@isthmus/runtime/config'
import { idKeys, type DeviceId } from '@isthmus/runtime/ids'
import { silentLogger } from '@isthmus/runtime/logger'
import { hash } from 'node:crypto'
import { messengerConfig } from '../config.ts'
import { startMessengerGateway } from '../service.ts'
import { ACCEPTED } from './client.ts'

class MemoryMailbox {
  readonly letters: StoredLetter[] = []
  cursor = 0
  tell: ((letter: StoredLetter) => void) | undefined

  append(sealed: Uint8Array): void {
    const previous = this.letters.length
    const bytes = delivery.encode({ sealed, acceptedAt: 1 })
    const letter = { sequence: previous + 1, previous, bytes }
    this.letters.push(letter)
    this.tell?.(letter)
  }
}

export class MemoryMailboxes implements MailboxReader {
  readonly #mailboxes = new Map<string, MemoryMailbox>()

  of(device: string): MemoryMailbox {
    const found = this.#mailboxes.get(device) ?? new MemoryMailbox()
    this.#mailboxes.set(device, found)
    return found
  }

  cursor(device: DeviceId): Promise<number> {
    return Promise.resolve(this.of(device).cursor)
  }

  read(device: DeviceId, after: number, limit: PageLimit): Promise<Page> {
    const all = this.of(device).letters
    const letters = all.slice(after, after + limit.letters)
    const upTo = letters.at(-1)?.sequence ?? after
    return Promise.resolve({ letters, upTo, more: upTo < all.length })
  }

  acknowledge(device: DeviceId, upTo: number): void {
    const mailbox = this.of(device)
    mailbox.cursor = Math.max(mailbox.cursor, upTo)
  }

  follow(device: DeviceId, tell: (letter: StoredLetter) => void): Following {
    const mailbox = this.of(device)
    mailbox.tell = tell
    return { stop: () => void (mailbox.tell === tell && (mailbox.tell = undefined)) }
  }
}

export interface Relay {
  readonly url: string
  readonly mailboxes: MemoryMailboxes
  /** What the router answers; only what it accepts is stored. */
  answer: Answer
  readonly stop: () => Promise<void>
}

/** @param devices tokens and the device that each belongs to. */
export const startRelay = async (devices: Readonly<Record<string, string>>): Promise<Relay> => {
  const bus = createInProcessBus()
  const mailboxes = new MemoryMailboxes()
  const byHash = new Map(
    Object.entries(devices).map(([token, device]) => [hash('sha256', token), device]),
  )
  bus.respond(SUBJECTS.authenticate, (data) => {
    const { tokenHash } = authenticateRequest.decode(data)
    const deviceId = byHash.get(Buffer.from(tokenHash).toString('hex')) ?? ''
    return authenticateReply.encode({ deviceId })
  })
  bus.respond(SUBJECTS.route, (data) => {
    const { submissions } = routeRequest.decode(data)
    if (relay.answer.error === 0) {
      for (const { letters } of submissions)
        for (const { deviceId, sealed } of letters) mailboxes.of(deviceId).append(sealed)
    }
    return routeReply.encode({ answers: submissions.map(() => relay.answer) })
  })
  const config = readConfig(messengerConfig, { ISTHMUS_MESSENGER_PORT: '0' })
  const server: GatewayServer = await startMessengerGateway(
    {
      bus,
      mailboxes,
      ids: idKeys(new Uint8Array(32)),
      realm: 'isthmus.test',
      clock: { now: Date.now },
      log: silentLogger,
      metrics: noMetrics,
    },
    config,
    { allowedOrigins: ['*'], limits: DEFAULT_GATEWAY_LIMITS },
  )
  const relay: Relay = { url: server.url, mailboxes, answer: ACCEPTED, stop: () => server.stop() }
  return relay
}
