/** What a server keeps to check SCRAM-SHA-256 (RFC 5802, RFC 7677) with a device token. */
import { createHmac, hash, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'

/** RFC 7677 section 4: "the iteration count should be at least 4096". */
export const SCRAM_ITERATIONS = 4_096

export interface ScramKeys {
  /** 32 bytes each. */
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
}

/**
 * RFC 5802 section 3. The password is a device token: ASCII, which SASLprep leaves as it is.
 * @param salt 16 bytes.
 */
export const scramKeys = async (
  password: string,
  salt: Uint8Array,
  iterations: number,
): Promise<ScramKeys> => {
  const salted = await promisify(pbkdf2)(password, salt, iterations, 32, 'sha256')
  const hmac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest()
  return {
    storedKey: new Uint8Array(hash('sha256', hmac('Client Key'), 'buffer')),
    serverKey: new Uint8Array(hmac('Server Key')),
  }
}
