import type { Answer, ErrorCode } from '@isthmus/proto/codec'

/** An answer that carries no device lists. */
export const answerOf = (error: ErrorCode, retryAfterMs = 0): Answer => ({
  error,
  missing: [],
  extra: [],
  retryAfterMs,
})
