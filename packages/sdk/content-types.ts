/** What people send each other, as plain values. */

export interface TextContent {
  readonly kind: 'text'
  /** At most 60,000 bytes of UTF-8. */
  readonly body: string
  /** The id of the message that this one answers. */
  readonly inReplyTo?: string | undefined
}

export interface ReactionContent {
  readonly kind: 'reaction'
  readonly messageId: string
  /** One grapheme, at most 64 bytes; empty takes the reaction back. */
  readonly emoji: string
}

export interface EditContent {
  readonly kind: 'edit'
  readonly messageId: string
  /** The whole new text, at most 60,000 bytes of UTF-8. */
  readonly body: string
}

export interface DeleteContent {
  readonly kind: 'delete'
  readonly messageId: string
}

/** Points to an encrypted file that lies elsewhere. */
export interface AttachmentContent {
  readonly kind: 'attachment'
  /** Where the ciphertext is: an https URL, at most 2,048 bytes. */
  readonly url: string
  /** XSalsa20-Poly1305 key, 32 bytes. */
  readonly key: Uint8Array
  /** SHA-256 of the ciphertext, 32 bytes. */
  readonly digest: Uint8Array
  /** Bytes of plaintext. */
  readonly size: number
  /** RFC 6838, at most 255 bytes, for example "image/jpeg". */
  readonly mediaType: string
  /** A name to show, at most 255 bytes of UTF-8, or empty. */
  readonly fileName: string
}

export interface ReceiptContent {
  readonly kind: 'receipt'
  readonly receipt: 'delivered' | 'read'
  /** 1 to 256 message ids. */
  readonly messageIds: readonly string[]
}

/** A kind that this version does not know yet: something to show a hint for, not to drop. */
export interface UnsupportedContent {
  readonly kind: 'unsupported'
}

export type SendableContent =
  TextContent | ReactionContent | EditContent | DeleteContent | AttachmentContent

/** What `messages()` gives; receipts come as events. */
export type MessageContent = SendableContent | UnsupportedContent
