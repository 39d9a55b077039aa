/**
 * Passwords by Argon2id (RFC 9106), computed by Node's own crypto. Hashes are PHC strings, so that
 * the parameters can be raised later without touching old ones.
 */
import { argon2, randomBytes, timingSafeEqual, type Argon2Parameters } from 'node:crypto'
import { promisify } from 'node:util'
import type { Pool } from '../pool.ts'

/** OWASP's password storage cheat sheet: 19 MiB, two passes, one lane. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const
const TAG_LENGTH = 32

export interface Passwords {
  /** @throws what the pool refuses with when too many wait. */
  readonly hash: (password: string) => Promise<string>
  /** Does the same work when there is no hash to compare with, and then answers false. */
  readonly verify: (password: string, phc: string | undefined) => Promise<boolean>
}

interface Phc {
  readonly cost: { readonly memory: number; readonly passes: number; readonly parallelism: number }
  readonly nonce: Uint8Array
  readonly tag: Uint8Array
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('base64').replace(/=+$/, '')

const formatPhc = ({ cost, nonce, tag }: Phc): string =>
  `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${base64(nonce)}$${base64(tag)}`

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

const parsePhc = (text: string): Phc => {
  const [, memory, passes, parallelism, nonce, tag] = PHC.exec(text) ?? []
  if (nonce === undefined || tag === undefined) throw new Error('a stored password hash is broken')
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  return { cost, nonce: Buffer.from(nonce, 'base64'), tag: Buffer.from(tag, 'base64') }
}

const compute = (parameters: Argon2Parameters): Promise<Buffer> =>
  promisify(argon2)('argon2id', parameters)

export const createPasswords = (pool: Pool): Passwords => {
  const run = ({ cost, nonce }: Omit<Phc, 'tag'>, password: string): Promise<Buffer> =>
    // RFC 8265 section 4.2.2: "Unicode Normalization Form C (NFC) MUST be applied".
    pool(() =>
      compute({ message: password.normalize('NFC'), nonce, tagLength: TAG_LENGTH, ...cost }),
    )
  const nobody: Phc = { cost: COST, nonce: randomBytes(16), tag: randomBytes(TAG_LENGTH) }
  return {
    hash: async (password) => {
      const nonce = randomBytes(16)
      return formatPhc({ cost: COST, nonce, tag: await run({ cost: COST, nonce }, password) })
    },
    verify: async (password, phc) => {
      const stored = phc === undefined ? nobody : parsePhc(phc)
      const same = timingSafeEqual(await run(stored, password), stored.tag)
      return same && phc !== undefined
    },
  }
}
