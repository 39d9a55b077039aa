/** What the relay's words are in MQTT packets. Pure. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { DeliverySchema } from '@isthmus/proto/gen/isthmus/v1/delivery_pb'
import { SealedEnvelopeSchema } from '@isthmus/proto/gen/isthmus/v1/envelope_pb'
import { parseAddress } from '@isthmus/runtime/address'
import { toRelayCode } from '../errors.ts'
import type { Answer, Close, DeliveredLetter, Submission } from './port.ts'

/** Reason codes of CONNACK and DISCONNECT (MQTT 5 section 2.4) that tell more than the close. */
export const CAUSES: Readonly<Record<number, Close['cause']>> = {
  0x86: 'unauthenticated',
  0x87: 'unauthenticated',
  0x88: 'try-later',
  0x89: 'try-later',
  0x8a: 'unauthenticated',
  0x8b: 'going-away',
  0x8d: 'lost',
  0x8e: 'replaced',
  0x96: 'try-later',
  0x9f: 'try-later',
}

export const topicOf = (folder: string, address: string): string => {
  const parsed = parseAddress(address)
  return `${folder}/${parsed?.network}/${parsed?.handle}`
}

export const toEnvelope = ({ id, letters, ttlSeconds }: Submission): Uint8Array =>
  toBinary(
    SealedEnvelopeSchema,
    create(SealedEnvelopeSchema, { id, letters: [...letters], ttlSeconds }),
  )

export type UserProperties = Record<string, string | readonly string[] | undefined>

const all = (value: UserProperties[string]): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value

export const toRefusal = (properties: UserProperties): Answer => {
  const [code] = all(properties['error'])
  const [retryAfter] = all(properties['retry-after-ms'])
  return {
    accepted: false,
    code: code === undefined ? 'malformed' : toRelayCode(code),
    missing: all(properties['missing']),
    extra: all(properties['extra']),
    retryAfterMs: retryAfter === undefined ? undefined : Number(retryAfter),
  }
}

/** @throws Error of protobuf's making, RangeError if it is not a Delivery. */
export const toLetter = (payload: Uint8Array): DeliveredLetter => {
  // A copy, so that a letter is no view of a Buffer that is used again.
  const delivery = fromBinary(DeliverySchema, new Uint8Array(payload))
  const sequence = Number(delivery.sequence)
  if (!Number.isSafeInteger(sequence) || sequence < 1) throw new RangeError('no sequence')
  return { sequence, acceptedAt: Number(delivery.acceptedAt), sealed: delivery.sealed }
}
