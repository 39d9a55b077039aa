/** Why a letter did not open. A closed set: nothing else is thrown on what a stranger sent. */
export const SEAL_REASONS = {
  /** The box does not open with this key: sealed for another device, or changed on its way. */
  'not-for-us': 'the letter is not sealed for this device, or was changed on its way',
  /** Sizes, protobuf, padding or a point of low order. */
  malformed: 'the letter does not follow the sealing format',
  /** The signature is not the sending device's over this content for this recipient. */
  'bad-signature': "the letter's signature does not fit its sender, its content and this device",
  /** The realm or the account's identity does not vouch for the sending device. */
  'bad-certificate': 'nobody vouches for the sending device',
  /** The certificate was not valid when the relay accepted the letter. */
  'expired-certificate': "the sender's certificate was not valid when the letter was accepted",
  /** Written to an address that is not the reader's. */
  'wrong-recipient': 'the letter was written to another address',
} as const

export type SealReason = keyof typeof SEAL_REASONS

export class SealError extends Error {
  override readonly name = 'SealError'
  readonly reason: SealReason

  constructor(reason: SealReason, options?: ErrorOptions) {
    super(SEAL_REASONS[reason], options)
    this.reason = reason
  }
}
