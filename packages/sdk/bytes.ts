/** Bytes in and out of text. Works wherever `atob` and `TextEncoder` do. */

const encoder = new TextEncoder()

export const utf8 = (text: string): Uint8Array => encoder.encode(text)

export const concat = (...parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** For public values: it stops at the first difference. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

const CHUNK = 8_192

/** RFC 4648 section 4, padded. */
export const toBase64 = (bytes: Uint8Array): string => {
  let text = ''
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK))
  }
  return btoa(text)
}

/** @throws RangeError on anything but base64. */
export const fromBase64 = (text: string): Uint8Array => {
  let binary: string
  try {
    binary = atob(text)
  } catch (error) {
    throw new RangeError('not base64', { cause: error })
  }
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at)
  return bytes
}

/** RFC 4648 section 5, without padding: keys, signatures and certificates in the directory API. */
export const toBase64Url = (bytes: Uint8Array): string =>
  toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')

/** @throws RangeError on anything but unpadded base64url. */
export const fromBase64Url = (text: string): Uint8Array => {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new RangeError('not unpadded base64url')
  return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'))
}

/** `size` bytes of the platform's cryptographic randomness. */
export const randomBytes = (size: number): Uint8Array =>
  crypto.getRandomValues(new Uint8Array(size))
