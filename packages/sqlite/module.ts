/** What an adapter's module, loaded into the writer thread, is given and gives. */
import type { DatabaseSync } from 'node:sqlite'

export interface ModuleContext {
  readonly database: DatabaseSync
  /** What the opener passed to `load`, structurally cloned. */
  readonly options: unknown
  /** Hands a buffer over with this group's answers instead of copying it. */
  readonly transfer: (buffer: ArrayBuffer) => void
}

/**
 * An operation runs inside the group's transaction: it never begins, commits or rolls back. A
 * group whose commit fails is rolled back whole, so an operation keeps no state of its own that
 * must agree with the file.
 */
export type Operation = (argument: never) => unknown

export type Operations = Readonly<Record<string, Operation>>

export interface SqliteModule {
  /** Runs once, in a transaction of its own: the place for migrations and prepared statements. */
  readonly open: (context: ModuleContext) => Operations
  /**
   * Operations that need no savepoint, because they only read or write by one statement. Around
   * each other operation stands a savepoint, so that a throw rolls back what it wrote.
   */
  readonly bare?: readonly string[]
}
