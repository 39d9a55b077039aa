/**
 * One writer thread for one SQLite file: WAL, synchronous=FULL, and every operation that waits
 * when the thread comes round goes into one transaction with one fsync (group commit). Adapters
 * bring their operations as modules that the thread loads.
 */
export interface SqliteThread {
  /**
   * Loads a module into the thread and opens it on the database. The module exports
   * `open(context: ModuleContext): Operations`.
   */
  readonly load: (name: string, url: URL, options?: unknown) => Promise<void>
  /**
   * Runs an operation of a module within the next group's transaction and resolves when the group
   * is on disk. A throw inside the operation rolls back that operation alone (savepoint) and
   * rejects with its error. `transfer` hands buffers over instead of copying them.
   */
  readonly call: <T>(
    module: string,
    operation: string,
    argument: unknown,
    transfer?: readonly ArrayBuffer[],
  ) => Promise<T>
  /** Commits what waits, closes the file and ends the thread. */
  readonly close: () => Promise<void>
}
