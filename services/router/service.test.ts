import { expect, test } from '@jest/globals'
import { createInProcessBus } from '@isthmus/bus/in-process'
import { SUBJECTS } from '@isthmus/bus/subjects'
import {
  MailboxError,
  type AppendOutcome,
  type AppendRequest,
  type MailboxWriter,
} from '@isthmus/mailbox/port'
import {
  Consent,
  delivery,
  ErrorCode,
  ReachPolicy,
  resolveReply,
  resolveRequest,
  routeReply,
  routeRequest,
  type Answer,
  type Submission,
} from '@isthmus/proto/codec'
import { silentLogger } from '@isthmus/runtime/logger'
import { startRouter, type Router } from './service.ts'

const NOW = 1_700_000_000_000

/** Records what is appended; `full` is a full mailbox, keys that begin with 7 were seen before. */
class Recorder implements MailboxWriter {
  readonly appended: AppendRequest[] = []
  broken = false

  append(requests: readonly AppendRequest[]): Promise<AppendOutcome[]> {
    if (this.broken) return Promise.reject(new MailboxError('the disk is full'))
    this.appended.push(...requests)
    return Promise.resolve(
      requests.map(({ letters }) => (letters[0]?.mailbox === 'full' ? 'full' : 'stored')),
    )
  }

  seen(key: Uint8Array): Promise<boolean> {
    return Promise.resolve(key[0] === 7)
  }

  remove(): Promise<void> {
    return Promise.resolve()
  }
}

const submission = (recipient: string, firstKeyByte = 0): Submission => ({
  key: new Uint8Array(16).fill(firstKeyByte),
  recipient,
  pairTag: recipient,
  letters: [{ deviceId: recipient, sealed: new Uint8Array(100).fill(9) }],
  ttlSeconds: 60,
})

interface Setup {
  readonly mailboxes: Recorder
  readonly router: Router
  readonly route: (...submissions: Submission[]) => Promise<Answer[]>
}

/** Everyone is open and has one device, named as the account; "nobody" is nobody. */
const setUp = (): Setup => {
  const bus = createInProcessBus()
  const mailboxes = new Recorder()
  bus.respond(SUBJECTS.resolve, (data) => {
    const resolutions = resolveRequest.decode(data).questions.map(({ accountId }) => ({
      known: accountId !== 'nobody',
      deviceIds: [accountId === 'moved' ? 'new-device' : accountId],
      reach: ReachPolicy.EVERYONE,
      consent: Consent.UNSPECIFIED,
    }))
    return resolveReply.encode({ resolutions })
  })
  const router = startRouter({ bus, mailboxes, clock: { now: () => NOW }, log: silentLogger })
  const route = async (...submissions: Submission[]): Promise<Answer[]> => {
    const request = routeRequest.encode({ submissions })
    return routeReply.decode(await bus.request(SUBJECTS.route, request, 1000)).answers
  }
  return { mailboxes, router, route }
}

test('stores the letters in order and answers each submission', async () => {
  const { mailboxes, route } = setUp()
  const answers = await route(
    submission('ada'),
    submission('nobody'),
    submission('full'),
    submission('moved'),
    submission('bob'),
  )
  expect(answers.map(({ error }) => error)).toEqual([
    ErrorCode.UNSPECIFIED,
    ErrorCode.UNKNOWN_RECIPIENT,
    ErrorCode.MAILBOX_FULL,
    ErrorCode.STALE_DEVICES,
    ErrorCode.UNSPECIFIED,
  ])
  expect(answers[2]?.retryAfterMs).toBeGreaterThan(0)
  expect(answers[3]).toMatchObject({ missing: ['new-device'], extra: ['moved'] })
  expect(mailboxes.appended.map(({ letters }) => letters[0]?.mailbox)).toEqual([
    'ada',
    'full',
    'bob',
  ])
})

test('stores the sealed bytes with the time of acceptance and nothing else', async () => {
  const { mailboxes, route } = setUp()
  await route(submission('ada'))
  const [letter] = mailboxes.appended[0]?.letters ?? []
  expect(letter?.expiresAt).toBe(NOW + 60_000)
  const stored = delivery.decode(letter?.bytes ?? new Uint8Array())
  expect(stored.acceptedAt).toBe(NOW)
  expect([...stored.sealed]).toEqual(Array(100).fill(9))
  expect(letter?.bytes).toHaveLength(delivery.encode({ ...stored, sequence: 0 }).length)
})

test('what was accepted once stays accepted, whatever has changed since', async () => {
  const { route } = setUp()
  const [answer] = await route(submission('nobody', 7))
  expect(answer?.error).toBe(ErrorCode.UNSPECIFIED)
})

test('answers unavailable, with a time to wait, when nothing can be stored', async () => {
  const { mailboxes, route } = setUp()
  mailboxes.broken = true
  const [answer] = await route(submission('ada'))
  expect(answer).toMatchObject({ error: ErrorCode.UNAVAILABLE, retryAfterMs: 1000 })
})

test('takes nothing after it was stopped', async () => {
  const { router, route } = setUp()
  await router.stop()
  await expect(route(submission('ada'))).rejects.toThrow('no-responders')
})
