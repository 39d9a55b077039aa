/** Consents in SQLite. Runs in the writer thread. */
import type { DatabaseSync } from 'node:sqlite'
import type { PairTag } from '@isthmus/runtime/ids'
import type { ConsentRecord, ConsentValue } from './port.ts'

interface ConsentRow {
  readonly tag: PairTag
  readonly about: PairTag
  readonly owner: string
  readonly consent: ConsentValue
  readonly sealed_peer: Uint8Array
}

const toConsent = ({ sealed_peer: sealedPeer, ...row }: ConsentRow): ConsentRecord => ({
  ...row,
  sealedPeer,
})

const columns = (record: ConsentRecord) =>
  [record.tag, record.about, record.owner, record.consent, record.sealedPeer] as const

export const consentOperations = (database: DatabaseSync) => {
  const select = database.prepare('SELECT consent FROM directory_consents WHERE tag = ?')
  const put = database.prepare('INSERT OR REPLACE INTO directory_consents VALUES (?, ?, ?, ?, ?)')
  const merge = database.prepare(
    `INSERT INTO directory_consents VALUES (?, ?, ?, ?, ?) ON CONFLICT (tag) DO UPDATE
     SET consent = 'blocked' WHERE excluded.consent = 'blocked'`,
  )
  const remove = database.prepare(
    'DELETE FROM directory_consents WHERE about = ?1 OR tag = ?1 RETURNING tag',
  )
  const page = database.prepare(
    'SELECT * FROM directory_consents WHERE owner = ? AND tag > ? ORDER BY tag LIMIT ?',
  )
  const count = database.prepare('SELECT count(*) AS n FROM directory_consents WHERE owner = ?')
  return {
    consents: (tags: readonly PairTag[]) =>
      tags.map((tag) => select.get(tag)?.['consent'] as ConsentValue | undefined),
    putConsents: (records: readonly ConsentRecord[]): void => {
      for (const record of records) put.run(...columns(record))
    },
    mergeConsents: (records: readonly ConsentRecord[]): void => {
      for (const record of records) merge.run(...columns(record))
    },
    removeConsents: (about: readonly PairTag[]): PairTag[] =>
      about.flatMap((tag) => remove.all(tag).map((row) => row['tag'] as PairTag)),
    consentsOf: (argument: { owner: string; after: PairTag | undefined; limit: number }) => {
      const { owner, after, limit } = argument
      const rows = page.all(owner, after ?? '', limit) as unknown as ConsentRow[]
      return rows.map(toConsent)
    },
    countConsents: (owner: string) => Number(count.get(owner)?.['n']),
  }
}
