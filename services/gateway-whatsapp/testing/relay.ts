/**
 * The gateway on real sockets, with the rest of a relay made of a few lines: a directory that knows
 * some devices, and a router that accepts every letter into its device's mailbox.
 */
import { createInProcessBus } from '@isthmus/bus/in-process'
import { SUBJECTS } from '@isthmus/bus/subjects'
import { answerOf } from '@isthmus/gateway-core/answer'
import { DEFAULT_GATEWAY_LIMITS, type GatewayLimits } from '@isthmus/gateway-core/gateway'
import { noMetrics } from '@isthmus/gateway-core/metrics'
import type { GatewayServer } from '@isthmus/gateway-core/serve'
import {
  authenticateReply,
  authenticateRequest,
  ErrorCode,
  routeReply,
  routeRequest,
  scramReply,
  scramRequest,
} from '@isthmus/proto/codec'
import { readConfig } from '@isthmus/runtime/config'
import { idKeys } from '@isthmus/runtime/ids'
import { silentLogger } from '@isthmus/runtime/logger'
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { whatsappConfig } from '../config.ts'
import { startWhatsAppGateway } from '../service.ts'
import { MemoryMailboxes } from './mailboxes.ts'
import { REALM } from './recorder.ts'

export interface KnownDevice {
  readonly handle: string
  readonly device: string
  readonly token: string
}

export interface TestRelay {
  readonly server: GatewayServer
  readonly mailboxes: MemoryMailboxes
  /** What the router answers; accepted unless a test says otherwise. */
  answer: ErrorCode
}

const ITERATIONS = 4096

const hmac = (key: Uint8Array, data: string): Buffer =>
  createHmac('sha256', key).update(data).digest()
const sha256 = (data: Uint8Array | string): Buffer => createHash('sha256').update(data).digest()

const verifierOf = ({ device, token }: KnownDevice, salt: Uint8Array) => {
  const salted = pbkdf2Sync(token, salt, ITERATIONS, 32, 'sha256')
  const storedKey = sha256(hmac(salted, 'Client Key'))
  return { deviceId: device, storedKey, serverKey: hmac(salted, 'Server Key') }
}

export const startTestRelay = async (
  devices: readonly KnownDevice[],
  limits: Partial<GatewayLimits> = {},
): Promise<TestRelay> => {
  const bus = createInProcessBus()
  const mailboxes = new MemoryMailboxes()
  const ids = idKeys(new Uint8Array(32))
  const accountOf = ({ handle }: KnownDevice): string => ids.accountId(`whatsapp:${handle}`)

  bus.respond(SUBJECTS.authenticate, (data) => {
    const { accountId, tokenHash } = authenticateRequest.decode(data)
    const known = devices.find(
      (device) =>
        accountOf(device) === accountId && sha256(device.token).equals(Buffer.from(tokenHash)),
    )
    return authenticateReply.encode({ deviceId: known?.device ?? '' })
  })
  bus.respond(SUBJECTS.scram, (data) => {
    const { accountId } = scramRequest.decode(data)
    const salt = sha256(accountId).subarray(0, 16)
    const own = devices.filter((device) => accountOf(device) === accountId)
    const verifiers = own.map((device) => verifierOf(device, salt))
    return scramReply.encode({ salt, iterations: ITERATIONS, verifiers })
  })
  bus.respond(SUBJECTS.route, (data) => {
    const { submissions } = routeRequest.decode(data)
    if (relay.answer === ErrorCode.UNSPECIFIED) {
      for (const { letters } of submissions) {
        for (const { deviceId, sealed } of letters) mailboxes.append(deviceId, sealed)
      }
    }
    return routeReply.encode({ answers: submissions.map(() => answerOf(relay.answer)) })
  })
  const clock = { now: () => Date.now() }
  const server = await startWhatsAppGateway(
    { bus, mailboxes, ids, realm: REALM, clock, log: silentLogger, metrics: noMetrics },
    readConfig(whatsappConfig, { ISTHMUS_WHATSAPP_PORT: '0' }),
    { allowedOrigins: ['*'], limits: { ...DEFAULT_GATEWAY_LIMITS, ...limits } },
  )
  const relay: TestRelay = { server, mailboxes, answer: ErrorCode.UNSPECIFIED }
  return relay
}
