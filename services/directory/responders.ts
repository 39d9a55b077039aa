/** What the directory answers on the bus: gateways ask who a token is, routers where people are. */
import type { Bus } from '@isthmus/bus/port'
import { SUBJECTS } from '@isthmus/bus/subjects'
import {
  authenticateReply,
  authenticateRequest,
  resolveReply,
  resolveRequest,
  scramReply,
  scramRequest,
  type AuthenticateRequest,
  type ScramReply,
} from '@isthmus/proto/codec'
import type { AccountId } from '@isthmus/runtime/ids'
import { SCRAM_ITERATIONS } from './crypto/scram.ts'
import type { Directory } from './domain/directory.ts'
import { resolve, type ResolveQuestion } from './domain/people.ts'
import { scramSalt } from './domain/scram-salt.ts'

/** Looked up by the token alone, so that a wrong account and a wrong token cost the same. */
const authenticate = async (
  { store }: Directory,
  { accountId, tokenHash }: AuthenticateRequest,
): Promise<string> => {
  const owner = await store.deviceOfToken(Buffer.from(tokenHash).toString('base64url'))
  return owner?.accountId === accountId ? owner.deviceId : ''
}

const scram = async ({ store, ids }: Directory, accountId: string): Promise<ScramReply> => {
  const account = await store.account(accountId as AccountId)
  return {
    salt: scramSalt(ids, accountId),
    iterations: SCRAM_ITERATIONS,
    verifiers: (account?.devices ?? []).map(({ id, scramStoredKey, scramServerKey }) => ({
      deviceId: id,
      storedKey: scramStoredKey,
      serverKey: scramServerKey,
    })),
  }
}

/** Questions that are answered in one turn of the event loop. */
const CHUNK = 64

const resolveAll = async (directory: Directory, questions: readonly ResolveQuestion[]) => {
  const resolutions = []
  for (let from = 0; from < questions.length; from += CHUNK) {
    resolutions.push(...(await resolve(directory, questions.slice(from, from + CHUNK))))
  }
  return resolutions
}

/** @returns a function that stops answering. */
export const respond = (bus: Bus, directory: Directory): (() => void) => {
  const subscriptions = [
    bus.respond(SUBJECTS.authenticate, async (data) => {
      const deviceId = await authenticate(directory, authenticateRequest.decode(data))
      return authenticateReply.encode({ deviceId })
    }),
    bus.respond(SUBJECTS.scram, async (data) =>
      scramReply.encode(await scram(directory, scramRequest.decode(data).accountId)),
    ),
    bus.respond(SUBJECTS.resolve, async (data) => {
      const { questions } = resolveRequest.decode(data)
      return resolveReply.encode({ resolutions: await resolveAll(directory, questions) })
    }),
  ]
  return () => {
    for (const subscription of subscriptions) subscription.unsubscribe()
  }
}
