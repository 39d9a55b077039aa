/** `next`, server to client: a result of an operation. */
import type { Problem } from '../problem.ts'

/** What stands before the data in the results of one operation, as JSON text. */
export const nextHead = (id: string): string =>
  `{"id":${JSON.stringify(id)},"type":"next","payload":{"data":`

/** What stands after it. */
export const NEXT_TAIL = '}}'

/** @param data the result's data, as JSON text. */
export const encodeNext = (id: string, data: string): string => nextHead(id) + data + NEXT_TAIL

/** A result with errors: by default without any data left. */
export const encodeResult = (
  id: string,
  errors: readonly Problem[],
  data: unknown = null,
): string => {
  const payload = errors.length > 0 ? { errors, data } : { data }
  return `{"id":${JSON.stringify(id)},"type":"next","payload":${JSON.stringify(payload)}}`
}
