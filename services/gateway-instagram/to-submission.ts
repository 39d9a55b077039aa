/** From the arguments of a send to what the relay takes, or to why not. Pure. */
import { ErrorCode, type Letter, type SealedEnvelope } from '@isthmus/proto/codec'
import { parseAddress, type Address } from '@isthmus/runtime/address'
import { LIMITS } from '@isthmus/runtime/limits'
import type { RefusalCode } from './answers.ts'

/** The arguments of `send`, of the schema's types. */
export interface SendArguments {
  readonly to: string
  readonly id: string
  readonly letters: readonly { readonly device: string; readonly sealed: string }[]
  readonly ttl?: number | null
}

export interface Submission {
  readonly to: Address
  readonly envelope: SealedEnvelope
}

/** `what` says it to the client's developer, and holds nothing of the client's input. */
export interface Refusal {
  readonly error: RefusalCode
  readonly what: string
}

const malformed = (what: string): Refusal => ({ error: ErrorCode.MALFORMED, what })

/**
 * The envelope itself (sizes, ids, devices) is checked by the gateway's core, for all protocols;
 * here only what would cost something to decode.
 */
export const toSubmission = ({ to, id, letters, ttl }: SendArguments): Submission | Refusal => {
  const address = parseAddress(to)
  if (!address) {
    return malformed('"to" is not an address: network:handle, in canonical form')
  }
  const ttlSeconds = ttl ?? 0
  if (ttlSeconds < 0) return malformed('"ttl" is negative: give seconds, or leave it out')
  if (letters.length > LIMITS.maxLetters) {
    return { error: ErrorCode.TOO_LARGE, what: `There are more than ${LIMITS.maxLetters} letters` }
  }
  const decoded: Letter[] = []
  for (const { device, sealed } of letters) {
    const bytes = decodeBase64(sealed)
    if (!bytes) {
      const where = `"letters[${decoded.length}].sealed"`
      return malformed(`${where} is not base64 (RFC 4648, section 4, with padding)`)
    }
    decoded.push({ deviceId: device, sealed: bytes })
  }
  return { to: address, envelope: { id, letters: decoded, ttlSeconds } }
}

/**
 * Buffer skips what is not base64, so a text of n characters is sound only if it gives all the
 * bytes that n characters hold. (The URL-safe alphabet passes too, which does no harm.)
 */
const decodeBase64 = (text: string): Uint8Array | undefined => {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === (text.length / 4) * 3 - padding ? bytes : undefined
}
