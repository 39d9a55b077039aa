/** One-time codes: proof that a person reads what is sent to a phone number. */
import { randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { CodeSender } from '../code-sender.ts'
import { Problem } from '../problems.ts'
import type { Directory } from './directory.ts'

export const CODE_DIGITS = 6
export const CODE_TRIES = 5
/** Milliseconds for which a code is valid. */
export const CODE_MS = 600_000

/** Codes that are being handed over to the sender. */
const MAX_UNDER_WAY = 256
/** Milliseconds that they get at a stop. */
const SETTLE_MS = 3_000

export interface Codes {
  /**
   * Makes a code and hands it to the sender; does not wait for it to arrive, so that the answer
   * tells nothing about the phone. @param phone canonical digits.
   */
  readonly request: (phone: string) => Promise<void>
  /** Uses up the phone's code. @throws Problem `wrong-code`. */
  readonly redeem: (phone: string, code: string) => Promise<void>
  /** Resolves when no code is under way any more, or after a while. */
  readonly settled: () => Promise<void>
}

export const createCodes = (directory: Directory, sender: CodeSender): Codes => {
  const { store, ids, clock, log } = directory
  const underWay = new Set<Promise<void>>()
  const phoneKey = (phone: string): string => ids.lookupKey('code-phone', phone)
  // Keyed and with the phone in it: six digits alone would be found by trying.
  const codeHash = (phone: string, code: string): string =>
    ids.lookupKey('code', `${phone} ${code}`)

  const handOver = (phone: string, code: string): void => {
    const sending = sender
      .send(`+${phone}`, code)
      .catch((err: unknown) => log.error({ err }, 'a code could not be handed to its sender'))
      .finally(() => underWay.delete(sending))
    underWay.add(sending)
  }

  return {
    request: async (phone) => {
      if (underWay.size >= MAX_UNDER_WAY) throw new Problem('unavailable', { retryAfterMs: 5_000 })
      const code = String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0')
      await store.putCode({
        phoneKey: phoneKey(phone),
        codeHash: codeHash(phone, code),
        triesLeft: CODE_TRIES,
        expiresAt: clock.now() + CODE_MS,
      })
      handOver(phone, code)
    },
    redeem: async (phone, code) => {
      const record = await store.takeCodeTry(phoneKey(phone), clock.now())
      const right = record?.codeHash === codeHash(phone, code)
      if (!right || !(await store.useCode(record.phoneKey, record.codeHash))) {
        throw new Problem('wrong-code')
      }
    },
    settled: async () => {
      await Promise.race([Promise.all(underWay), wait(SETTLE_MS, undefined, { ref: false })])
    },
  }
}
