/** The shapes that routes share. Requests are strict: a member that is not known is an error. */
import { z } from '@hono/zod-openapi'
import { isHandle, NETWORKS, parseAddress, type Network } from '@isthmus/runtime/address'
import {
  Problem,
  PROBLEM_CODES,
  problemStatus,
  problemTitle,
  type ProblemCode,
} from '../problems.ts'
import { canonicalEmail, canonicalPhone } from '../domain/handles.ts'
import { PROBLEM_TYPE } from './problem-response.ts'

/** Unpadded base64url (RFC 4648 section 5) of exactly so many bytes. */
export const bytesOf = (length: number, description: string) => {
  const characters = Math.ceil((length * 4) / 3)
  return z
    .string()
    .length(characters)
    .transform((text, context) => {
      const bytes = Buffer.from(text, 'base64url')
      if (bytes.length === length && bytes.toString('base64url') === text) {
        return new Uint8Array(bytes)
      }
      context.addIssue({ code: 'custom', message: 'it is not unpadded base64url' })
      return z.NEVER
    })
    .openapi({
      type: 'string',
      minLength: characters,
      maxLength: characters,
      pattern: '^[A-Za-z0-9_-]+$',
      description,
    })
}

/** Reads text into a canonical form; `read` gives undefined if it has none. */
const canonical = <T>(maxLength: number, read: (text: string) => T | undefined, wrong: string) =>
  z
    .string()
    .max(maxLength)
    .transform((text, context) => {
      const value = read(text)
      if (value !== undefined) return value
      context.addIssue({ code: 'custom', message: wrong })
      return z.NEVER
    })

export const AddressText = canonical(64, parseAddress, 'it is not network:handle').openapi({
  type: 'string',
  maxLength: 64,
  example: 'instagram:ada',
  description: 'network:handle in canonical form.',
})

export const Phone = canonical(32, canonicalPhone, 'it is not a phone number of E.164').openapi({
  type: 'string',
  maxLength: 32,
  example: '+14155550123',
  description: 'E.164, with or without the plus; spaces, dots, dashes and parentheses are ignored.',
})

export const Email = canonical(254, canonicalEmail, 'it is not an e-mail address').openapi({
  type: 'string',
  maxLength: 254,
  example: 'ada@example.org',
  description: 'Compared in lower case and NFC.',
})

export const Password = z.string().min(8).max(256).openapi({
  description: '8 to 256 characters, compared in NFC.',
  example: 'correct horse battery',
})

const handleOf = (network: Network, example: string) =>
  z
    .string()
    .max(64)
    .refine((handle) => isHandle(network, handle), {
      message: 'it is not a handle of this network in canonical form',
    })
    .openapi({ example })

export const InstagramHandle = handleOf('instagram', 'ada')
export const MessengerHandle = handleOf('messenger', 'ada.lovelace')

export const Reach = z.enum(['everyone', 'allowed']).openapi({
  description: 'Who may write: everyone who is not blocked, or only those who were allowed.',
})

export const AccountToken = z
  .string()
  .openapi({ description: 'isthacct_ and 43 characters; valid for 1 hour.' })

/** The answer to a sign-in by password. */
export const SignInAnswer = z.object({
  accountToken: AccountToken,
  address: z.string().optional().openapi({
    description: 'Only when the request named the handle: the directory keeps no handles.',
  }),
})

export const PersonParams = z
  .strictObject({ network: z.enum(NETWORKS), handle: z.string().max(64) })
  .refine(({ network, handle }) => isHandle(network, handle), {
    path: ['handle'],
    message: 'it is not a handle of this network in canonical form',
  })

const ProblemSchema = z
  .object({
    type: z.string().openapi({ example: 'urn:isthmus:problem:unknown-recipient' }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.enum(PROBLEM_CODES),
    retryAfterMs: z.number().int().optional(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .openapi('Problem')

export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
})

export const body = <T extends z.ZodType>(schema: T) => ({
  required: true as const,
  content: { 'application/json': { schema } },
})

/** The problems that an endpoint may answer with, as OpenAPI responses. */
export const problems = (...codes: readonly ProblemCode[]) => {
  const statuses = Map.groupBy(codes, problemStatus)
  const entries = [...statuses].map(([status, group]) => {
    const description = group.map((code) => `${code}: ${problemTitle(code)}.`).join(' ')
    return [status, { description, content: { [PROBLEM_TYPE]: { schema: ProblemSchema } } }]
  })
  return Object.fromEntries(entries) as Record<
    number,
    { description: string; content: Record<string, { schema: typeof ProblemSchema }> }
  >
}

/** RFC 6901, of the path that zod gives. */
const pointer = (path: readonly PropertyKey[]): string =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

const MAX_ERRORS = 8

/** An unknown member is named by its own pointer; everything else by where zod found it. */
const errorsOf = (issue: z.core.$ZodIssue): { path: readonly PropertyKey[]; message: string }[] =>
  issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => ({ path: [...issue.path, key], message: 'there is no such member' }))
    : [issue]

/** What zod found wrong, without repeating what was sent. */
export const malformed = (error: z.ZodError): Problem =>
  new Problem('malformed', {
    errors: error.issues
      .flatMap(errorsOf)
      .slice(0, MAX_ERRORS)
      .map(({ path, message }) => ({
        pointer: pointer(path).slice(0, 128),
        detail: message.slice(0, 200),
      })),
  })
