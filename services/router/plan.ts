/**
 * What becomes of a submission: pure, decided from what resolve.ts gathered, carried out by
 * deliver.ts.
 *
 * Who may not know of a person is told what somebody is told who asks for nobody: a sender whom
 * the recipient's policy keeps out gets "unknown recipient". "Refused" is said only of a person
 * who is open to everyone, of whom everybody may know, and who has blocked this sender.
 */
import {
  Consent,
  ErrorCode,
  ReachPolicy,
  type Letter,
  type Resolution,
  type Submission,
} from '@isthmus/proto/codec'
import { LIMITS } from '@isthmus/runtime/limits'

export type Plan =
  | { readonly kind: 'store'; readonly letters: readonly Letter[] }
  | {
      readonly kind: 'refuse'
      readonly error: ErrorCode
      readonly missing: readonly string[]
      readonly extra: readonly string[]
    }

const refuse = (error: ErrorCode): Plan => ({ kind: 'refuse', error, missing: [], extra: [] })

const UNKNOWN = refuse(ErrorCode.UNKNOWN_RECIPIENT)
const REFUSED = refuse(ErrorCode.REFUSED)

export const plan = (submission: Submission, recipient: Resolution): Plan => {
  const unsound = checkSubmission(submission)
  if (unsound !== ErrorCode.UNSPECIFIED) return refuse(unsound)
  if (!recipient.known) return UNKNOWN
  const open = recipient.reach === ReachPolicy.EVERYONE
  if (recipient.consent === Consent.BLOCKED) return open ? REFUSED : UNKNOWN
  if (recipient.consent !== Consent.ALLOWED && !open) return UNKNOWN
  if (recipient.deviceIds.length === 0) return UNKNOWN
  return compareDevices(submission.letters, recipient.deviceIds)
}

/** The gateways check the same and more; whoever else gets onto the bus is stopped here. */
const checkSubmission = ({ key, letters }: Submission): ErrorCode => {
  if (key.length !== 16) return ErrorCode.MALFORMED
  if (letters.length > LIMITS.maxLetters) return ErrorCode.TOO_LARGE
  for (const { sealed } of letters) {
    if (sealed.length < LIMITS.minSealedBytes) return ErrorCode.NOT_SEALED
    if (sealed.length > LIMITS.maxSealedBytes) return ErrorCode.TOO_LARGE
  }
  return ErrorCode.UNSPECIFIED
}

const compareDevices = (letters: readonly Letter[], devices: readonly string[]): Plan => {
  const [letter] = letters
  if (letters.length === 1 && devices.length === 1 && letter?.deviceId === devices[0]) {
    return { kind: 'store', letters }
  }
  const addressed = new Set(letters.map(({ deviceId }) => deviceId))
  if (addressed.size !== letters.length) return refuse(ErrorCode.MALFORMED)
  const missing = devices.filter((device) => !addressed.has(device))
  const extra = [...addressed].filter((device) => !devices.includes(device))
  if (missing.length === 0 && extra.length === 0) return { kind: 'store', letters }
  return { kind: 'refuse', error: ErrorCode.STALE_DEVICES, missing, extra }
}
