/**
 * Writes the Deliveries of one batch, which differ in their sealed box alone: the hottest message
 * of all, at a third of the general codec's cost. delivery.test.ts proves the same bytes.
 */
import { delivery } from './codec.ts'

/** The tag of field 1, `sealed`: length-delimited. */
const SEALED_TAG = 0x0a

/**
 * @param acceptedAt milliseconds since the Unix epoch, the same for all.
 * @returns what encodes `{ sealed, acceptedAt }` for a sealed box of 1 to 2^21 - 1 bytes.
 */
export const deliveryWriter = (acceptedAt: number): ((sealed: Uint8Array) => Uint8Array) => {
  const rest = delivery.encode({ acceptedAt })
  return (sealed) => {
    const { length } = sealed
    const start = length < 0x80 ? 2 : length < 0x4000 ? 3 : 4
    const bytes = Buffer.allocUnsafe(start + length + rest.length)
    bytes[0] = SEALED_TAG
    if (start === 2) bytes[1] = length
    else {
      bytes[1] = (length & 0x7f) | 0x80
      if (start === 3) bytes[2] = length >> 7
      else {
        bytes[2] = ((length >> 7) & 0x7f) | 0x80
        bytes[3] = length >> 14
      }
    }
    bytes.set(sealed, start)
    bytes.set(rest, start + length)
    return bytes
  }
}
