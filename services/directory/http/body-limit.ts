/** Bodies of a bounded size, whether their length is declared or not. */
import type { MiddlewareHandler } from 'hono'
import { Problem } from '../problems.ts'
import type { Env } from './api.ts'

/** Bytes of a request's body, at most. */
export const MAX_BODY_BYTES = 16_384

const readAll = async (body: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new Problem('too-large')
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

/**
 * RFC 9112 section 6.3: a request with neither Transfer-Encoding nor Content-Length has no body.
 * One of unknown length is read here and handed on as a whole.
 */
export const limitBody: MiddlewareHandler<Env> = async (c, next) => {
  const length = c.req.header('content-length')
  if (length !== undefined && Number(length) > MAX_BODY_BYTES) throw new Problem('too-large')
  const { method, headers, body } = c.req.raw
  if (c.req.header('transfer-encoding') !== undefined && body) {
    c.req.raw = new Request(c.req.url, { method, headers, body: await readAll(body) })
  }
  await next()
}
