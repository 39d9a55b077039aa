/**
 * The realm's secrets: made at the first start, kept in a file of their own beside the database,
 * so that a copy of the database alone gives nobody the keys of its keyed hashes.
 */
import { ConfigError } from '@isthmus/runtime/config'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

export interface RealmSecrets {
  /** 32 random bytes, the root of every keyed hash. */
  readonly secret: Buffer
  /** The Ed25519 private key that signs sender certificates (RFC 8032), 32 random bytes. */
  readonly certificateSeed: Buffer
}

const bytes32 = z
  .base64url()
  .transform((text) => Buffer.from(text, 'base64url'))
  .refine(({ length }) => length === 32, 'must be 32 bytes in base64url')
const schema = z.object({ secret: bytes32, certificateSeed: bytes32 })

/** @throws Error that names the file when it can't be read or is not what it should be. */
export const loadRealm = (folder: string): RealmSecrets => {
  const path = join(folder, 'realm.json')
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return createRealm(folder, path)
    const what = `the realm's secrets in ${path} can't be read: put its copy back`
    throw new ConfigError(what, { cause: error })
  }
}

const createRealm = (folder: string, path: string): RealmSecrets => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const secrets = { secret: randomBytes(32), certificateSeed: randomBytes(32) }
  const content = {
    secret: secrets.secret.toString('base64url'),
    certificateSeed: secrets.certificateSeed.toString('base64url'),
  }
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  return secrets
}
