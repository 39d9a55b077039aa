/** Carries out what was planned: letters into mailboxes, then the answers. */
import type { AppendOutcome, AppendRequest, MailboxWriter } from '@isthmus/mailbox/port'
import { deliveryWriter } from '@isthmus/proto/delivery-writer'
import { ErrorCode, type Answer, type Submission } from '@isthmus/proto/codec'
import type { DeviceId } from '@isthmus/runtime/ids'
import type { Plan } from './plan.ts'

/** A mailbox gets room when its device comes back, which takes a while. */
const FULL_RETRY_MS = 60_000

const ACCEPTED: Answer = {
  error: ErrorCode.UNSPECIFIED,
  missing: [],
  extra: [],
  retryAfterMs: 0,
}
const FULL: Answer = { ...ACCEPTED, error: ErrorCode.MAILBOX_FULL, retryAfterMs: FULL_RETRY_MS }

/**
 * One answer for each submission, in order, after everything that is answered as accepted is
 * durable (P1).
 * @throws MailboxError when the store can't write: then nothing is certain.
 */
export const deliver = async (
  mailboxes: MailboxWriter,
  submissions: readonly Submission[],
  plans: readonly Plan[],
  now: number,
): Promise<Answer[]> => {
  const write = deliveryWriter(now)
  const requests: AppendRequest[] = []
  plans.forEach((plan, index) => {
    const submission = submissions[index]
    if (submission && plan.kind === 'store') requests.push(appendRequest(submission, now, write))
  })
  const outcomes = requests.length > 0 ? await mailboxes.append(requests) : []
  const answers: Answer[] = []
  let stored = 0
  for (const plan of plans) {
    if (plan.kind === 'store') answers.push(answerOfOutcome(outcomes[stored++]))
    else answers.push(await refusal(mailboxes, submissions[answers.length], plan))
  }
  return answers
}

const appendRequest = (
  { key, letters, ttlSeconds }: Submission,
  now: number,
  write: (sealed: Uint8Array) => Uint8Array,
): AppendRequest => {
  const expiresAt = now + ttlSeconds * 1000
  return {
    key,
    letters: letters.map(({ deviceId, sealed }) => ({
      mailbox: deviceId as DeviceId,
      bytes: write(sealed),
      expiresAt,
    })),
  }
}

const answerOfOutcome = (outcome: AppendOutcome | undefined): Answer => {
  if (outcome === undefined) throw new Error('the mailbox gave fewer outcomes than requests')
  return outcome === 'full' ? FULL : ACCEPTED
}

/** A submission that was accepted once stays accepted, whatever has changed since (P3). */
const refusal = async (
  mailboxes: MailboxWriter,
  submission: Submission | undefined,
  plan: Plan & { kind: 'refuse' },
): Promise<Answer> => {
  if (submission && submission.key.length === 16 && (await mailboxes.seen(submission.key))) {
    return ACCEPTED
  }
  return { error: plan.error, missing: [...plan.missing], extra: [...plan.extra], retryAfterMs: 0 }
}
