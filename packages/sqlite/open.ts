import { Worker } from 'node:worker_threads'
import { fromFailure, SqliteError, toFailure } from './error.ts'
import type { Answer, Call, Message, ThreadOptions, WorkerData } from './messages.ts'
import type { SqliteThread } from './thread.ts'

export const DEFAULT_THREAD_OPTIONS: ThreadOptions = {
  cacheBytes: 32 * 1_048_576,
  checkpointFrames: 2_000,
  busyTimeoutMs: 3_000,
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/**
 * Opens (or creates, readable by this user alone) a SQLite file in a writer thread of its own.
 * The thread keeps the process alive only while a call waits for its answer.
 * @throws SqliteError when the file can't be opened, or another process holds it.
 */
export const openSqliteThread = async (
  path: string,
  options: Partial<ThreadOptions> = {},
): Promise<SqliteThread> => {
  const workerData: WorkerData = { path, options: { ...DEFAULT_THREAD_OPTIONS, ...options } }
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData })
  const waiting = new Map<number, Waiting>()
  let lastId = 0
  let ended: SqliteError | undefined
  let closing = false
  let calls: Call[] = []
  let transfers: ArrayBuffer[] = []

  const waitFor = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (waiting.size === 0) worker.ref()
      waiting.set(id, { resolve, reject })
    })
  const settle = (answer: Answer): void => {
    const entry = waiting.get(answer.id)
    if (!waiting.delete(answer.id) || !entry) return
    if ('failure' in answer) entry.reject(fromFailure(answer.failure))
    else entry.resolve(answer.value)
  }
  const end = (error: SqliteError): void => {
    ended ??= error
    for (const entry of waiting.values()) entry.reject(ended)
    waiting.clear()
  }
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      end(new SqliteError(`the writer thread of ${path} is closed`))
      resolve()
    })
  })
  worker.on('message', (answers: readonly Answer[]) => {
    answers.forEach(settle)
    if (waiting.size === 0 && !closing) worker.unref()
  })
  worker.on('error', (error: Error) => {
    const what = `the writer thread of ${path} failed: ${error.message}`
    end(new SqliteError(what, toFailure(error)))
  })

  const post = (message: Message, transfer: readonly ArrayBuffer[] = []): void =>
    worker.postMessage(message, transfer)
  const flush = (): void => {
    const message: Message = { kind: 'calls', calls }
    const transfer = transfers
    calls = []
    transfers = []
    try {
      post(message, transfer)
    } catch (error) {
      const failure = { message: (error as Error).message }
      for (const { id } of message.calls) settle({ id, failure })
    }
  }

  await waitFor(0)
  const refuse = (): SqliteError | undefined =>
    ended ?? (closing ? new SqliteError(`the writer thread of ${path} is closed`) : undefined)
  return {
    load: async (name, url, moduleOptions) => {
      const refusal = refuse()
      if (refusal) throw refusal
      const id = ++lastId
      const loaded = waitFor(id)
      post({ kind: 'load', id, name, href: url.href, options: moduleOptions })
      await loaded
    },
    // Not async: the calls of one turn of the event loop leave together, in order.
    call: <T>(
      module: string,
      operation: string,
      argument: unknown,
      transfer: readonly ArrayBuffer[] = [],
    ) => {
      const refusal = refuse()
      if (refusal) return Promise.reject<T>(refusal)
      const id = ++lastId
      if (calls.length === 0) queueMicrotask(flush)
      calls.push({ id, module, operation, argument })
      for (const buffer of transfer) transfers.push(buffer)
      return waitFor(id) as Promise<T>
    },
    close: async () => {
      if (!closing && !ended) {
        closing = true
        // After the microtask that posts what was called just before.
        queueMicrotask(() => post({ kind: 'close' }))
        worker.ref()
      }
      await exited
    },
  }
}
