/** Problems as HTTP answers: RFC 9457, application/problem+json. */
import type { ErrorHandler, NotFoundHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { DirectoryStoreError } from '@isthmus/directory-store/port'
import type { Logger } from '@isthmus/runtime/logger'
import { Problem, problemBody, problemStatus } from '../problems.ts'
import type { Env } from './api.ts'

export const PROBLEM_TYPE = 'application/problem+json'

const headersOf = ({ code, extras }: Problem): Record<string, string> => ({
  'content-type': PROBLEM_TYPE,
  ...(extras.retryAfterMs !== undefined && {
    // RFC 9110 section 10.2.3: whole seconds.
    'retry-after': String(Math.ceil(extras.retryAfterMs / 1000)),
  }),
  // RFC 9110 section 15.5.2: a 401 "MUST send a WWW-Authenticate header field".
  ...(problemStatus(code) === 401 && { 'www-authenticate': 'Bearer realm="isthmus"' }),
})

export const problemResponse = (problem: Problem): Response =>
  new Response(JSON.stringify(problemBody(problem)), {
    status: problemStatus(problem.code),
    headers: headersOf(problem),
  })

const toProblem = (error: unknown, log: Logger): Problem => {
  if (error instanceof Problem) return error
  if (error instanceof HTTPException && error.status === 415) {
    return new Problem('unsupported-media-type')
  }
  if (error instanceof HTTPException && error.status < 500) {
    return new Problem('malformed', { errors: [{ pointer: '', detail: 'It is not valid JSON.' }] })
  }
  log.error({ err: error }, 'a request failed')
  if (error instanceof DirectoryStoreError)
    return new Problem('unavailable', { retryAfterMs: 1_000 })
  return new Problem('internal')
}

export const problemHandler =
  (log: Logger): ErrorHandler<Env> =>
  (error) =>
    problemResponse(toProblem(error, log))

export const notFound: NotFoundHandler<Env> = () => problemResponse(new Problem('no-such-endpoint'))
