/**
 * The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding. Pure: messages
 * in, messages out.
 *
 * An account's devices have one salt and iteration count between them and a verifier each; the
 * device whose verifier the client's proof fits is the one that has logged in.
 */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { ScramReply } from '@isthmus/proto/codec'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { encodeUtf8 } from './utf8.ts'

export interface ClientFirst {
  /** `n,,` for one; the client repeats it, in base64, in its last message. */
  readonly gs2Header: string
  readonly authzid: string
  readonly username: string
  readonly nonce: string
  readonly bare: string
}

/** Printable ASCII but the comma (RFC 5802, section 7: `c-nonce`), and no absurd length. */
const NONCE = /^[!-+\--~]{1,256}$/
/** channel-binding flag, authzid, and then the bare message: user name, nonce, extensions. */
const CLIENT_FIRST = /^((?:n|y),(?:a=([^,]+))?,)(n=([^,]+),r=([^,]+)(?:,.*)?)$/s

/**
 * @returns undefined if the message is malformed, or asks for what is not offered: channel binding
 * (`p=`), or a mandatory extension (`m=`, which would stand before the user name). The flag `y`
 * (the client could bind channels and thinks that the server cannot) is the truth here.
 */
export const parseClientFirst = (message: string): ClientFirst | undefined => {
  const match = CLIENT_FIRST.exec(message)
  if (!match) return undefined
  const [, gs2Header = '', authzid = '', bare = '', name = '', nonce = ''] = match
  const username = decodeName(name)
  const authorized = decodeName(authzid)
  if (username === undefined || authorized === undefined || !NONCE.test(nonce)) return undefined
  return { gs2Header, authzid: authorized, username, nonce, bare }
}

/** `=2C` and `=3D` stand for the comma and the equals sign, no other `=` may occur. */
const decodeName = (text: string): string | undefined => {
  if (/=(?!2C|3D)/.test(text)) return undefined
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

/** What the exchange is about after the server's first message. */
export interface Challenge {
  readonly clientFirst: ClientFirst
  readonly serverFirst: string
  /** The client's nonce and the server's, joined. */
  readonly nonce: string
  readonly verifiers: ScramReply['verifiers']
}

/** @param serverNonce unpredictable, printable ASCII without a comma */
export const challenge = (
  clientFirst: ClientFirst,
  { salt, iterations, verifiers }: ScramReply,
  serverNonce: string,
): Challenge => {
  const nonce = clientFirst.nonce + serverNonce
  const serverFirst = `r=${nonce},s=${encodeBase64(salt)},i=${iterations}`
  return { clientFirst, serverFirst, nonce, verifiers }
}

export interface Proved {
  readonly deviceId: string
  /** The server's last message, by which the client knows the server. */
  readonly serverFinal: string
}

const CLIENT_FINAL = /^(c=([^,]+),r=([^,]+)(?:,[^p][^,]*)*),p=([^,]+)$/

/**
 * @returns `malformed` if the message does not follow RFC 5802 or does not belong to this
 * challenge; `wrong` if the proof fits none of the verifiers
 */
export const verifyClientFinal = (
  { clientFirst, serverFirst, nonce, verifiers }: Challenge,
  message: string,
): Proved | 'malformed' | 'wrong' => {
  const match = CLIENT_FINAL.exec(message)
  const [, withoutProof = '', binding = '', repeatedNonce = '', proofText = ''] = match ?? []
  const proof = decodeBase64(proofText)
  const expectedBinding = encodeBase64(encodeUtf8(clientFirst.gs2Header))
  if (!match || proof?.length !== sha256.outputLen) return 'malformed'
  if (repeatedNonce !== nonce || binding !== expectedBinding) return 'malformed'
  const authMessage = encodeUtf8(`${clientFirst.bare},${serverFirst},${withoutProof}`)
  let proved: Proved | undefined
  // Every verifier is tried, so that the time does not tell which one it was.
  for (const { deviceId, storedKey, serverKey } of verifiers) {
    const clientKey = xor(proof, hmac(sha256, storedKey, authMessage))
    if (!equalInConstantTime(sha256(clientKey), storedKey)) continue
    const signature = hmac(sha256, serverKey, authMessage)
    proved = { deviceId, serverFinal: `v=${encodeBase64(signature)}` }
  }
  return proved ?? 'wrong'
}

const xor = (a: Uint8Array, b: Uint8Array): Uint8Array =>
  a.map((byte, index) => byte ^ (b[index] ?? 0))

const equalInConstantTime = (a: Uint8Array, b: Uint8Array): boolean => {
  let difference = a.length ^ b.length
  for (let index = 0; index < a.length; index++) {
    difference |= (a[index] ?? 0) ^ (b[index] ?? 0)
  }
  return difference === 0
}
