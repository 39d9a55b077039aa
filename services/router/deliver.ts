/** Carries out what was planned: letters into mailboxes, then the answers. */
import type { AppendOutcome, AppendRequest, MailboxWriter } from '@isthmus/mailbox/port'
import { delivery, ErrorCode, type Answer, type Submission } from '@isthmus/proto/codec'
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
  const requests: AppendRequest[] = []
  for (const [index, plan] of plans.entries()) {
    const submission = submissions[index]
    if (submission && plan.kind === 'store') requests.push(appendRequest(submission, now))
  }
  const outcomes = requests.length > 0 ? await mailboxes.append(requests) : []
  const stored = outcomes.values()
  const answers: Answer[] = []
  for (const [index, plan] of plans.entries()) {
    if (plan.kind === 'store') answers.push(answerOfOutcome(stored.next().value))
    else answers.push(await refusal(mailboxes, submissions[index], plan))
  }
  return answers
}

const appendRequest = (submission: Submission, now: number): AppendRequest => {
  const expiresAt = now + submission.ttlSeconds * 1000
  return {
    key: submission.key,
    letters: submission.letters.map(({ deviceId, sealed }) => ({
      mailbox: deviceId as DeviceId,
      bytes: delivery.encode({ sealed, acceptedAt: now }),
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
