/** The adapter's line to its module in the writer thread. */
import type { SqliteThread } from '@isthmus/sqlite/thread'
import { MailboxError } from '../port.ts'
import type {
  CommitCall,
  MailboxRow,
  PageAnswer,
  PageCall,
  ReclaimAnswer,
  ReclaimCall,
  RowCells,
  SettleCall,
  StartAnswer,
  SweepAnswer,
  SweepCall,
} from './calls.ts'

interface Operations {
  readonly start: { readonly call: undefined; readonly answer: StartAnswer }
  readonly load: {
    readonly call: readonly string[]
    readonly answer: readonly (MailboxRow | undefined)[]
  }
  readonly loadNumbers: { readonly call: readonly number[]; readonly answer: readonly RowCells[] }
  readonly commit: { readonly call: CommitCall; readonly answer: ArrayBuffer }
  readonly settle: { readonly call: SettleCall; readonly answer: undefined }
  readonly reclaim: { readonly call: ReclaimCall; readonly answer: ReclaimAnswer }
  readonly page: { readonly call: PageCall; readonly answer: PageAnswer }
  readonly sweep: { readonly call: SweepCall; readonly answer: SweepAnswer }
}

/**
 * Answers arrive in the order in which the thread ran the calls. To act on them in that order,
 * they are handled in `then`'s own callback and not behind further promises.
 */
export type Ask = <Name extends keyof Operations>(
  operation: Name,
  call: Operations[Name]['call'],
  then: (answer: Operations[Name]['answer']) => void,
  failed: (error: MailboxError) => void,
  transfer?: readonly ArrayBuffer[],
) => void

export const createAsk =
  (thread: SqliteThread): Ask =>
  (operation, call, then, failed, transfer) => {
    thread
      .call<Operations[typeof operation]['answer']>('mailbox', operation, call, transfer)
      .then(then, (cause: Error) => {
        failed(new MailboxError(`the store can't ${operation}: ${cause.message}`, { cause }))
      })
  }
