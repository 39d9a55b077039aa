/**
 * One writer thread for one SQLite file: WAL, synchronous=FULL, and every operation that waits
 * when the thread comes round goes into one transaction with one fsync (group commit). Adapters
 * bring their operations as modules that the thread loads: see module.ts.
 */
export interface SqliteThread {
  /**
   * Loads a module into the thread and opens it on the database, in a transaction of its own. The
   * module exports `open(context: ModuleContext): Operations`.
   * @throws SqliteError when it can't be loaded, or throws; then it has left nothing behind.
   */
  readonly load: (name: string, url: URL, options?: unknown) => Promise<void>
  /**
   * Runs an operation of a module within the next group's transaction and resolves when the group
   * is on disk. A throw inside the operation rolls back that operation alone (savepoint) and
   * rejects with its error; when the group can't be committed (disk full, I/O error), every call
   * of it rejects and nothing of it is on disk. `transfer` hands buffers over instead of copying
   * them.
   * @throws SqliteError
   */
  readonly call: <T>(
    module: string,
    operation: string,
    argument: unknown,
    transfer?: readonly ArrayBuffer[],
  ) => Promise<T>
  /** Commits what waits, closes the file and ends the thread. Calls after it reject. */
  readonly close: () => Promise<void>
}
