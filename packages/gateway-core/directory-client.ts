/** What a gateway asks the directory over the bus. */
import type { Bus } from '@isthmus/bus/port'
import { SUBJECTS } from '@isthmus/bus/subjects'
import {
  authenticateReply,
  authenticateRequest,
  scramReply,
  scramRequest,
  type ScramReply,
} from '@isthmus/proto/codec'
import type { AccountId, DeviceId } from '@isthmus/runtime/ids'
import { hash } from 'node:crypto'
import type { Authentication } from './protocol.ts'

const TIMEOUT_MS = 5000

/** @throws BusError when the directory is away. */
export const authenticate = async (
  bus: Bus,
  accountId: AccountId,
  token: string,
): Promise<Authentication> => {
  const tokenHash = hash('sha256', token, 'buffer')
  const request = authenticateRequest.encode({ accountId, tokenHash })
  const reply = await bus.request(SUBJECTS.authenticate, request, TIMEOUT_MS)
  const { deviceId } = authenticateReply.decode(reply)
  if (deviceId === '') return { outcome: 'refused' }
  return { outcome: 'accepted', device: deviceId as DeviceId }
}

/** @throws BusError when the directory is away. */
export const lookUpScram = async (bus: Bus, accountId: AccountId): Promise<ScramReply> =>
  scramReply.decode(
    await bus.request(SUBJECTS.scram, scramRequest.encode({ accountId }), TIMEOUT_MS),
  )
