/**
 * The realm's secrets: made at the first start, kept in a file of their own beside the database,
 * so that a copy of the database alone gives nobody the keys of its keyed hashes.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

export interface RealmSecrets {
  /** 32 random bytes, the root of every keyed hash. */
  readonly secret: Buffer
  /** The Ed25519 private key that signs sender certificates: PKCS #8 in PEM. */
  readonly certificateKey: string
}

const schema = z.object({ secret: z.base64url(), certificateKey: z.string() })

/** @throws Error that names the file when it can't be read or is not what it should be. */
export const loadRealm = (folder: string): RealmSecrets => {
  const path = join(folder, 'realm.json')
  try {
    const { secret, certificateKey } = schema.parse(JSON.parse(readFileSync(path, 'utf8')))
    return { secret: Buffer.from(secret, 'base64url'), certificateKey }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return createRealm(folder, path)
    throw new Error(`the realm's secrets in ${path} can't be read`, { cause: error })
  }
}

const createRealm = (folder: string, path: string): RealmSecrets => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const secret = randomBytes(32)
  const { privateKey } = generateKeyPairSync('ed25519')
  const certificateKey = privateKey.export({ type: 'pkcs8', format: 'pem' })
  const content = { secret: secret.toString('base64url'), certificateKey }
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  return { secret, certificateKey }
}
