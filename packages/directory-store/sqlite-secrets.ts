/** One-time codes and account tokens in SQLite. Runs in the writer thread. */
import type { DatabaseSync } from 'node:sqlite'
import type { AccountId } from '@isthmus/runtime/ids'
import type { AccountTokenRecord, CodeRecord } from './port.ts'

interface CodeRow {
  readonly phone_key: string
  readonly code_hash: string
  readonly tries_left: number
  readonly expires_at: number
}

export const secretOperations = (database: DatabaseSync) => {
  const putCode = database.prepare('INSERT OR REPLACE INTO directory_codes VALUES (?, ?, ?, ?)')
  const takeTry = database.prepare(
    `UPDATE directory_codes SET tries_left = tries_left - 1
     WHERE phone_key = ? AND tries_left > 0 AND expires_at > ? RETURNING *`,
  )
  const useCode = database.prepare(
    'DELETE FROM directory_codes WHERE phone_key = ? AND code_hash = ?',
  )
  const putToken = database.prepare(
    'INSERT OR REPLACE INTO directory_account_tokens VALUES (?, ?, ?)',
  )
  const token = database.prepare(
    'SELECT account_id FROM directory_account_tokens WHERE hash = ? AND expires_at > ?',
  )
  const sweepCodes = database.prepare('DELETE FROM directory_codes WHERE expires_at <= ?')
  const sweepTokens = database.prepare('DELETE FROM directory_account_tokens WHERE expires_at <= ?')
  return {
    putCode: (record: CodeRecord): void => {
      putCode.run(record.phoneKey, record.codeHash, record.triesLeft, record.expiresAt)
    },
    takeCodeTry: (argument: { phoneKey: string; now: number }): CodeRecord | undefined => {
      const row = takeTry.get(argument.phoneKey, argument.now) as CodeRow | undefined
      if (!row) return undefined
      const { phone_key: phoneKey, code_hash: codeHash, expires_at: expiresAt } = row
      return { phoneKey, codeHash, triesLeft: row.tries_left, expiresAt }
    },
    useCode: (argument: { phoneKey: string; codeHash: string }): boolean =>
      useCode.run(argument.phoneKey, argument.codeHash).changes === 1,
    putAccountToken: (record: AccountTokenRecord): void => {
      putToken.run(record.hash, record.accountId, record.expiresAt)
    },
    accountOfToken: (argument: { hash: string; now: number }): AccountId | undefined =>
      token.get(argument.hash, argument.now)?.['account_id'] as AccountId | undefined,
    removeExpired: (now: number): void => {
      sweepCodes.run(now)
      sweepTokens.run(now)
    },
  }
}
