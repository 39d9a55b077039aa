/** What an envelope must be, whatever protocol brought it. Pure. */
import { ErrorCode, type SealedEnvelope } from '@isthmus/proto/codec'
import { isId } from '@isthmus/runtime/ids'
import { LIMITS } from '@isthmus/runtime/limits'

/**
 * The error of an envelope, or ERROR_CODE_UNSPECIFIED if it is sound.
 * A letter too short to be a sealed box counts as not sealed. Whether a longer one really is sealed
 * only its recipient can tell.
 */
export const validateEnvelope = (envelope: SealedEnvelope): ErrorCode => {
  const { id, letters } = envelope
  if (id.length === 0) return ErrorCode.MALFORMED
  // Three bytes of UTF-8 at most for each UTF-16 unit: count exactly only when it may be too long.
  if (id.length * 3 > LIMITS.maxSubmissionIdBytes && utf8Length(id) > LIMITS.maxSubmissionIdBytes) {
    return ErrorCode.TOO_LARGE
  }
  if (letters.length > LIMITS.maxLetters) return ErrorCode.TOO_LARGE
  let total = 0
  for (const letter of letters) {
    const { deviceId, sealed } = letter
    if (!isId(deviceId)) return ErrorCode.MALFORMED
    if (letters.find((other) => other.deviceId === deviceId) !== letter) return ErrorCode.MALFORMED
    if (sealed.length < LIMITS.minSealedBytes) return ErrorCode.NOT_SEALED
    if (sealed.length > LIMITS.maxSealedBytes) return ErrorCode.TOO_LARGE
    total += sealed.length
  }
  return total > LIMITS.maxSubmissionBytes ? ErrorCode.TOO_LARGE : ErrorCode.UNSPECIFIED
}

/** The relay's bounds on how long letters are kept, in seconds. */
export const clampTtl = (seconds: number): number =>
  seconds === 0 ? LIMITS.maxTtlSeconds : Math.min(seconds, LIMITS.maxTtlSeconds)

const encoder = new TextEncoder()
const utf8Length = (text: string): number => encoder.encode(text).length
