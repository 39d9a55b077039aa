/**
 * Everything that the directory can answer other than success: one table, from which the HTTP
 * answers (RFC 9457), the OpenAPI document and docs/directory-api.md's list follow.
 */
const PROBLEMS = {
  malformed: {
    status: 400,
    title: 'The request is not what this endpoint takes',
    detail: 'Correct what "errors" names, or the JSON itself, and send the request again.',
  },
  'weak-key': {
    status: 400,
    title: 'A public key is of low order or not on its curve',
    detail: 'Generate the device’s key pairs anew with a library for X25519 and Ed25519.',
  },
  'bad-signature': {
    status: 400,
    title: 'The identity signature does not verify',
    detail:
      'Sign "isthmus/v1/device", a zero byte, the X25519 key and the Ed25519 key with the identity key.',
  },
  unauthenticated: {
    status: 401,
    title: 'The token is missing, wrong, expired or revoked, or of the wrong kind',
    detail:
      'Send "Authorization: Bearer" with the kind of token that the endpoint names; sign in again for a new one.',
  },
  'bad-credentials': {
    status: 401,
    title: 'The name and the password do not belong together',
    detail: 'Check both and try again; nothing says which of them is wrong.',
  },
  'wrong-code': {
    status: 401,
    title: 'The code is wrong, used up or expired',
    detail: 'Check the code; after five tries or ten minutes ask for a new one.',
  },
  forbidden: {
    status: 403,
    title: 'This token may not do that',
    detail: 'A device may remove itself alone; sign in and use the account token for others.',
  },
  'address-mismatch': {
    status: 403,
    title: 'The address is not this account’s',
    detail: 'Send the address that sign-up or sign-in answered with.',
  },
  'bad-proof': {
    status: 403,
    title: 'The other account’s token does not prove that account',
    detail: 'Sign in to the other account and send its account token within the hour.',
  },
  'unknown-recipient': {
    status: 404,
    title: 'There is nobody at this address whom you may know of',
    detail: 'Check the address, or ask the person to allow you.',
  },
  'unknown-device': {
    status: 404,
    title: 'The account has no such device',
    detail: 'Fetch /v1/devices for the devices that there are.',
  },
  'no-such-endpoint': {
    status: 404,
    title: 'There is no such method and path',
    detail: 'See /openapi.json for those that there are.',
  },
  taken: {
    status: 409,
    title: 'The handle or the login is taken',
    detail: 'Choose another handle, or sign in if the account is yours.',
  },
  'identity-mismatch': {
    status: 409,
    title: 'The account has another identity key',
    detail:
      'Register with the account’s identity key, or set "replaceIdentity" to revoke all older devices.',
  },
  'too-many-devices': {
    status: 409,
    title: 'The account has as many devices as it may',
    detail: 'Remove a device first.',
  },
  'too-many-accounts': {
    status: 409,
    title: 'The person would have more accounts than a person may',
    detail: 'Take an account out with DELETE /v1/links first.',
  },
  'too-many-consents': {
    status: 409,
    title: 'The account has said something of as many people as it may',
    detail: 'Remove consents that are not needed any more first.',
  },
  'not-linked': {
    status: 409,
    title: 'The person has no account on one of these networks',
    detail: 'Link an account of that network first, or leave the network out.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    detail: 'Send the whole request within the time limit.',
  },
  'too-large': {
    status: 413,
    title: 'The request is too large',
    detail: 'Send at most 16,384 bytes of body, and as many of headers.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body is not declared as JSON',
    detail: 'Send the body as "Content-Type: application/json".',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    detail: 'Wait for as long as Retry-After says.',
  },
  internal: {
    status: 500,
    title: 'The directory failed',
    detail: 'Try again later; if it stays so, tell the operator.',
  },
  unavailable: {
    status: 503,
    title: 'The directory can’t do it now',
    detail: 'Nothing is certain to have happened. Try again after as long as Retry-After says.',
  },
} as const

export type ProblemCode = keyof typeof PROBLEMS
export type ProblemStatus = (typeof PROBLEMS)[ProblemCode]['status']

export const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[]
export const problemStatus = (code: ProblemCode): ProblemStatus => PROBLEMS[code].status
export const problemTitle = (code: ProblemCode): string => PROBLEMS[code].title

export interface ProblemExtras {
  readonly retryAfterMs?: number
  /** What of the input is wrong: JSON pointers (RFC 6901) and a sentence each. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

/** Ends a request with a problem of the table. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly extras: ProblemExtras

  constructor(code: ProblemCode, extras: ProblemExtras = {}) {
    super(PROBLEMS[code].title)
    this.code = code
    this.extras = extras
  }
}

/** The members of the problem's JSON object (RFC 9457 section 3). */
export const problemBody = ({ code, extras }: Problem) => ({
  type: `urn:isthmus:problem:${code}`,
  ...PROBLEMS[code],
  code,
  ...extras,
})
