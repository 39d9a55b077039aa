/** An operation, a group's commit or the thread itself failed. */
export class SqliteError extends Error {
  override readonly name = 'SqliteError'
  /** The thrown error's own code; `ERR_SQLITE_ERROR` when SQLite itself refused. */
  readonly code: string | undefined
  /** SQLite's extended result code, such as 13 (disk full) or 1555 (primary key taken). */
  readonly errcode: number | undefined

  constructor(what: string, detail: { readonly code?: string; readonly errcode?: number } = {}) {
    super(what)
    this.code = detail.code
    this.errcode = detail.errcode
  }
}

/** An error as it crosses from the thread: a clone would lose all but its message. */
export interface Failure {
  readonly message: string
  readonly code?: string
  readonly errcode?: number
}

export const toFailure = (error: unknown): Failure => {
  if (!(error instanceof Error)) return { message: String(error) }
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  return {
    message: error.message,
    ...(typeof code === 'string' && { code }),
    ...(typeof errcode === 'number' && { errcode }),
  }
}

export const fromFailure = (failure: Failure): SqliteError =>
  new SqliteError(failure.message, failure)
