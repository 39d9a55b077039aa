/** The directory's tables. No column holds anything that names a person; see port.ts. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE directory_people (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    -- A JSON array of account ids.
    account_ids TEXT NOT NULL,
    reach TEXT NOT NULL CHECK (reach IN ('everyone', 'allowed')),
    -- A JSON array of networks, or null for all.
    networks TEXT
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE directory_accounts (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    network TEXT NOT NULL,
    person_id TEXT NOT NULL,
    identity_key BLOB,
    password_hash TEXT
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE directory_logins (
    login_key TEXT PRIMARY KEY,
    account_id TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE directory_devices (
    account_id TEXT NOT NULL,
    -- The device's place in its account's list.
    place INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    token_hash TEXT NOT NULL UNIQUE,
    x25519 BLOB NOT NULL,
    ed25519 BLOB NOT NULL,
    identity_signature BLOB NOT NULL,
    scram_stored_key BLOB NOT NULL,
    scram_server_key BLOB NOT NULL,
    registered_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, place)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE directory_consents (
    tag TEXT PRIMARY KEY,
    about TEXT NOT NULL,
    owner TEXT NOT NULL,
    consent TEXT NOT NULL CHECK (consent IN ('allowed', 'blocked')),
    sealed_peer BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX directory_consents_about ON directory_consents (about);
  CREATE INDEX directory_consents_owner ON directory_consents (owner, tag);

  CREATE TABLE directory_codes (
    phone_key TEXT PRIMARY KEY,
    code_hash TEXT NOT NULL,
    tries_left INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX directory_codes_expiry ON directory_codes (expires_at);

  CREATE TABLE directory_account_tokens (
    hash TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX directory_account_tokens_expiry ON directory_account_tokens (expires_at);
  `,
]
