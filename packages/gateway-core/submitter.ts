/** What happens to a socket's submissions on their way to its lane. */
import { ErrorCode, type Answer, type SealedEnvelope } from '@isthmus/proto/codec'
import type { Address } from '@isthmus/runtime/address'
import type { AccountId, DeviceId, IdKeys } from '@isthmus/runtime/ids'
import type { Accounts, Pair } from './accounts.ts'
import { answerOf } from './answer.ts'
import type { Lane } from './lane.ts'
import { TokenBucket } from './token-bucket.ts'
import { clampTtl, validateEnvelope } from './validate-envelope.ts'

/** Who has authenticated. */
export interface Identity {
  readonly account: AccountId
  readonly device: DeviceId
}

export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

export class Submitter {
  readonly #lane: Lane
  readonly #accounts: Accounts
  readonly #ids: IdKeys
  readonly #identity: Identity
  readonly #bucket: TokenBucket
  #lastPair: { readonly to: Address; readonly pair: Pair } | undefined

  constructor(
    lane: Lane,
    accounts: Accounts,
    ids: IdKeys,
    identity: Identity,
    rate: Rate,
    now: number,
  ) {
    this.#lane = lane
    this.#accounts = accounts
    this.#ids = ids
    this.#identity = identity
    this.#bucket = new TokenBucket(rate.perSecond, rate.burst, now)
  }

  /** Checks an envelope, takes the names off and puts it on the lane. */
  submit(
    to: Address,
    envelope: SealedEnvelope,
    now: number,
    settle: (answer: Answer) => void,
  ): void {
    const wrong = validateEnvelope(envelope)
    if (wrong !== ErrorCode.UNSPECIFIED) {
      this.#lane.answer(answerOf(wrong), settle)
      return
    }
    const waitMs = this.#bucket.take(now)
    if (waitMs > 0) {
      this.#lane.answer(answerOf(ErrorCode.RATE_LIMITED, waitMs), settle)
      return
    }
    const { recipient, pairTag } = this.#pairWith(to)
    const submission = {
      key: this.#ids.submissionKey(this.#identity.device, envelope.id),
      recipient,
      pairTag,
      letters: envelope.letters,
      ttlSeconds: clampTtl(envelope.ttlSeconds),
    }
    this.#lane.submit(submission, settle)
  }

  /** The one written to last is the likeliest to be written to next. */
  #pairWith(to: Address): Pair {
    const last = this.#lastPair
    if (last?.to.handle === to.handle && last.to.network === to.network) return last.pair
    const pair = this.#accounts.pair(this.#identity.account, to)
    this.#lastPair = { to, pair }
    return pair
  }
}
