/** JSON over fetch, with the directory's problems as typed errors. */
import { DIRECTORY_CODES, DirectoryError, type DirectoryCode } from './error.ts'

export interface HttpOptions {
  /** Where the directory listens, for example `https://directory.isthmus.example`. */
  readonly url: string
  /** Default: the platform's. */
  readonly fetch?: typeof fetch
  /** Milliseconds for one request. Default 15,000. */
  readonly timeoutMs?: number
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export interface HttpRequest {
  readonly method: Method
  /** Its variable parts are encoded already. */
  readonly path: string
  readonly token?: string | undefined
  readonly body?: object
}

/**
 * Sends a request; gives the decoded JSON, undefined for an empty body.
 * @throws DirectoryError.
 */
export type Http = (request: HttpRequest) => Promise<unknown>

const DEFAULT_TIMEOUT_MS = 15_000

export const createHttp = (options: HttpOptions): Http => {
  const base = options.url.replace(/\/+$/, '')
  const send = options.fetch ?? fetch
  return async ({ method, path, token, body }) => {
    let response: Response
    let text: string
    try {
      response = await send(base + path, {
        method,
        headers: {
          accept: 'application/json, application/problem+json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(options.timeoutMs ?? DEFAULT_TIMEOUT_MS),
        // A token must not follow a redirect to somebody else.
        redirect: 'error',
      })
      text = await response.text()
    } catch (cause) {
      throw new DirectoryError('unreachable', { detail: 'no answer', cause })
    }
    const json = parseJson(text)
    if (!response.ok) throw toError(response, json)
    if (text !== '' && json === undefined) {
      throw new DirectoryError('unexpected-answer', { status: response.status })
    }
    return json
  }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

interface ProblemBody {
  readonly code?: unknown
  readonly detail?: unknown
  readonly title?: unknown
  readonly retryAfterMs?: unknown
}

const toError = (response: Response, json: unknown): DirectoryError => {
  const problem = (json ?? {}) as ProblemBody
  const code: DirectoryCode =
    DIRECTORY_CODES.find((known) => known === problem.code) ?? codeOfStatus(response.status)
  const words = [problem.title, problem.detail].filter((part) => typeof part === 'string')
  return new DirectoryError(code, {
    status: response.status,
    detail: words.length > 0 ? words.join('. ') : `status ${response.status}`,
    retryAfterMs: retryAfterOf(response, problem),
  })
}

/** A proxy in between may answer without a problem's body. */
const codeOfStatus = (status: number): DirectoryCode =>
  status === 429 ? 'rate-limited' : status >= 500 ? 'unavailable' : 'unexpected-answer'

/** RFC 9110 section 10.2.3: seconds (or a date, which this relay does not send). */
const retryAfterOf = (response: Response, { retryAfterMs }: ProblemBody): number | undefined => {
  if (typeof retryAfterMs === 'number' && retryAfterMs >= 0) return retryAfterMs
  const header = response.headers.get('retry-after')
  return header !== null && /^[0-9]{1,6}$/.test(header) ? Number(header) * 1_000 : undefined
}
