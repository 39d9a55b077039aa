/** `error`, server to client: the operation was not begun; no complete follows. */
import type { Problem } from '../problem.ts'

export const encodeError = (id: string, errors: readonly Problem[]): string =>
  `{"id":${JSON.stringify(id)},"type":"error","payload":${JSON.stringify(errors)}}`
