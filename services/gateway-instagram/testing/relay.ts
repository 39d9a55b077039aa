/**
 * The gateway on real sockets, with the rest of a relay made of a few lines: a directory that knows
 * two devices, and a router that puts every letter into its device's mailbox.
 */
import { createInProcessBus } from '@isthmus/bus/in-process'
import { SUBJECTS } from '@isthmus/bus/subjects'
import { DEFAULT_GATEWAY_LIMITS } from '@isthmus/gateway-core/gateway'
import { noMetrics } from '@isthmus/gateway-core/metrics'
import type { GatewayServer } from '@isthmus/gateway-core/serve'
import {
  authenticateReply,
  authenticateRequest,
  directoryChanged,
  routeReply,
  routeRequest,
  type Answer,
} from '@isthmus/proto/codec'
import { readConfig } from '@isthmus/runtime/config'
import { idKeys } from '@isthmus/runtime/ids'
import { silentLogger } from '@isthmus/runtime/logger'
import { hash } from 'node:crypto'
import { instagramConfig } from '../config.ts'
import { startInstagramGateway } from '../service.ts'
import { ACCEPTED } from './harness.ts'
import { MemoryMailboxes } from './mailboxes.ts'

export interface Person {
  readonly address: string
  readonly token: string
  readonly device: string
}

const person = (handle: string): Person => ({
  address: `instagram:${handle}`,
  token: `isth_${handle.padEnd(43, '0')}`,
  device: handle.padEnd(22, '0'),
})

export const ADA = person('ada')
export const GRACE = person('grace')
const PEOPLE = [ADA, GRACE]

export interface TestRelay {
  readonly url: string
  readonly server: GatewayServer
  readonly mailboxes: MemoryMailboxes
  /** What the router answers. */
  answer: Answer
  readonly revoke: (device: string) => void
  readonly stop: () => Promise<void>
}

export const startTestRelay = async (): Promise<TestRelay> => {
  const bus = createInProcessBus()
  const mailboxes = new MemoryMailboxes()
  const ids = idKeys(new Uint8Array(32))

  bus.respond(SUBJECTS.authenticate, (data) => {
    const { accountId, tokenHash } = authenticateRequest.decode(data)
    const known = PEOPLE.find(
      ({ address, token }) =>
        ids.accountId(address) === accountId &&
        hash('sha256', token, 'buffer').equals(Buffer.from(tokenHash)),
    )
    return authenticateReply.encode({ deviceId: known?.device ?? '' })
  })
  bus.respond(SUBJECTS.route, (data) => {
    const { submissions } = routeRequest.decode(data)
    for (const { letters } of relay.answer === ACCEPTED ? submissions : []) {
      for (const { deviceId, sealed } of letters) mailboxes.append(deviceId, sealed)
    }
    return routeReply.encode({ answers: submissions.map(() => relay.answer) })
  })
  const clock = { now: () => Date.now() }
  const server = await startInstagramGateway(
    { bus, mailboxes, ids, realm: 'isthmus.test', clock, log: silentLogger, metrics: noMetrics },
    readConfig(instagramConfig, { ISTHMUS_INSTAGRAM_PORT: '0' }),
    { allowedOrigins: [], limits: DEFAULT_GATEWAY_LIMITS },
  )
  const relay: TestRelay = {
    url: server.url,
    server,
    mailboxes,
    answer: ACCEPTED,
    revoke: (device) => {
      bus.publish(
        SUBJECTS.directoryChanged,
        directoryChanged.encode({ revokedDeviceIds: [device] }),
      )
    },
    stop: async () => {
      await server.stop()
      await bus.close()
    },
  }
  return relay
}
