/** What the directory says no with (RFC 9457 problems), and what keeps it from answering. */

export const DIRECTORY_CODES = [
  'malformed',
  'weak-key',
  'bad-signature',
  'unauthenticated',
  'bad-credentials',
  'wrong-code',
  'forbidden',
  'address-mismatch',
  'bad-proof',
  'unknown-recipient',
  'unknown-device',
  'no-such-endpoint',
  'taken',
  'identity-mismatch',
  'too-many-devices',
  'too-many-accounts',
  'too-many-consents',
  'not-linked',
  'request-timeout',
  'too-large',
  'unsupported-media-type',
  'rate-limited',
  'internal',
  'unavailable',
] as const

export type DirectoryCode =
  | (typeof DIRECTORY_CODES)[number]
  /** No answer: no network, no such host, a time limit. */
  | 'unreachable'
  /** An answer that is not of this API. */
  | 'unexpected-answer'

export interface DirectoryErrorOptions extends ErrorOptions {
  /** HTTP status; 0 without an answer. */
  readonly status?: number
  readonly detail?: string
  readonly retryAfterMs?: number | undefined
}

/** The codes after which the same request may succeed later. */
const TRANSIENT: readonly DirectoryCode[] = [
  'unreachable',
  'unexpected-answer',
  'request-timeout',
  'rate-limited',
  'internal',
  'unavailable',
]

export class DirectoryError extends Error {
  override readonly name = 'DirectoryError'
  readonly code: DirectoryCode
  /** HTTP status; 0 without an answer. */
  readonly status: number
  /** Milliseconds to wait before trying again, if the directory said so. */
  readonly retryAfterMs: number | undefined

  constructor(code: DirectoryCode, options: DirectoryErrorOptions = {}) {
    super(`directory: ${options.detail ?? code}`, options)
    this.code = code
    this.status = options.status ?? 0
    this.retryAfterMs = options.retryAfterMs
  }

  /** Whether the same request may succeed later. */
  get isTransient(): boolean {
    return TRANSIENT.includes(this.code)
  }
}
