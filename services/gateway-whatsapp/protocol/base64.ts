/** Base64 as XMPP wants it (RFC 4648 section 4): padded, without line breaks, no spare bits. */

/**
 * Buffer reads leniently, so what was read is written again and compared: cheaper than any check of
 * the characters beforehand, and exact.
 * @returns undefined if the text is not canonical base64
 */
export const decodeBase64 = (text: string): Uint8Array | undefined => {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

export const encodeBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
