/** Group commit: many calls, one transaction, one fsync. */
import type { DatabaseSync } from 'node:sqlite'
import { toFailure } from './error.ts'
import type { Answer, Call } from './messages.ts'
import type { Operations } from './module.ts'

export interface LoadedModule {
  readonly operations: Operations
  /** Names of operations that run without a savepoint. */
  readonly bare: ReadonlySet<string>
}

export type RunGroup = (calls: readonly Call[]) => readonly Answer[]

/**
 * A call that throws fails alone. When the transaction itself is lost (disk full, I/O error, a
 * failed commit), nothing of the group is on disk and each of its calls fails with that error.
 */
export const groupCommit = (
  database: DatabaseSync,
  modules: ReadonlyMap<string, LoadedModule>,
): RunGroup => {
  const begin = database.prepare('BEGIN')
  const commit = database.prepare('COMMIT')
  const rollback = database.prepare('ROLLBACK')
  const save = database.prepare('SAVEPOINT operation')
  const undo = database.prepare('ROLLBACK TO operation')
  const release = database.prepare('RELEASE operation')

  const invoke = (call: Call): unknown => {
    const module = modules.get(call.module)
    const operation = module?.operations[call.operation]
    if (!module || !operation) throw new Error(`no operation ${call.module}.${call.operation}`)
    if (module.bare.has(call.operation)) return operation(call.argument as never)
    save.run()
    try {
      const value = operation(call.argument as never)
      release.run()
      return value
    } catch (error) {
      if (database.isTransaction) {
        undo.run()
        release.run()
      }
      throw error
    }
  }

  const answer = (call: Call): Answer => {
    try {
      return { id: call.id, value: invoke(call) }
    } catch (error) {
      // Some errors (disk full, I/O) end the whole transaction; then the group has failed.
      if (!database.isTransaction) throw error
      return { id: call.id, failure: toFailure(error) }
    }
  }

  return (calls) => {
    try {
      begin.run()
      const answers = calls.map(answer)
      commit.run()
      return answers
    } catch (error) {
      if (database.isTransaction) rollback.run()
      const failure = toFailure(error)
      return calls.map(({ id }) => ({ id, failure }))
    }
  }
}
