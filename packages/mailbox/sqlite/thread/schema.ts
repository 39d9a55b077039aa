/** The tables, one step for each version that was released. */
export const SCHEMA = [
  `-- One row for each commit group: see records.ts. Written at the end, deleted from the front.
   CREATE TABLE mailbox_journal (id INTEGER PRIMARY KEY, records BLOB NOT NULL) STRICT;

   -- Runs of submission keys, 16 bytes each, whose journal rows are gone, by the position of the
   -- first; at: the time of the newest, in ms.
   CREATE TABLE mailbox_keys (
     first INTEGER PRIMARY KEY,
     at INTEGER NOT NULL,
     keys BLOB NOT NULL
   ) STRICT;

   -- As of the newest journal row that is gone. letters, bytes and soonest (the earliest expiry)
   -- are about the letters on the shelf. A row outlives its letters: it keeps head, so that no
   -- sequence is given out twice.
   CREATE TABLE mailboxes (
     number INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     head INTEGER NOT NULL,
     cursor INTEGER NOT NULL,
     letters INTEGER NOT NULL DEFAULT 0,
     bytes INTEGER NOT NULL DEFAULT 0,
     soonest INTEGER NOT NULL DEFAULT 0
   ) STRICT;

   -- Letters that were not acknowledged soon; place: the mailbox's number << 32 | sequence.
   CREATE TABLE mailbox_shelf (
     place INTEGER PRIMARY KEY,
     expires INTEGER NOT NULL,
     sealed BLOB NOT NULL
   ) STRICT;

   CREATE TABLE mailbox_totals (
     letters INTEGER NOT NULL,
     bytes INTEGER NOT NULL,
     mailboxes INTEGER NOT NULL
   ) STRICT;
   INSERT INTO mailbox_totals VALUES (0, 0, 0);`,
]
