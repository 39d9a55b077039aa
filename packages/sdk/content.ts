/** What people send each other, as plain values, and as content.proto encodes it. */
import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { ContentSchema, ReceiptKind, type Content } from '@isthmus/proto/gen/isthmus/v1/content_pb'
import { utf8 } from './bytes.ts'
import { SendError } from './errors.ts'

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

export const MAX_BODY_BYTES = 60_000
export const MAX_RECEIPT_IDS = 256
const MAX_EMOJI_BYTES = 64
const MAX_ID_BYTES = 64

type Kind = NonNullable<MessageInitShape<typeof ContentSchema>['kind']>

const within = (text: string, min: number, max: number): boolean => {
  const { length } = utf8(text)
  return length >= min && length <= max
}

const limited = (fits: boolean, code: 'too-large' | 'malformed'): void => {
  if (!fits) throw new SendError(code)
}

const isAttachment = ({
  url,
  key,
  digest,
  size,
  mediaType,
  fileName,
}: AttachmentContent): boolean =>
  within(url, 1, 2_048) &&
  url.startsWith('https://') &&
  key.length === 32 &&
  digest.length === 32 &&
  Number.isSafeInteger(size) &&
  size >= 0 &&
  within(mediaType, 0, 255) &&
  within(fileName, 0, 255)

const toKind = (content: SendableContent | ReceiptContent): Kind => {
  if ('messageId' in content) limited(within(content.messageId, 1, MAX_ID_BYTES), 'malformed')
  if ('body' in content) limited(within(content.body, 0, MAX_BODY_BYTES), 'too-large')
  switch (content.kind) {
    case 'text':
      return { case: 'text', value: { body: content.body, inReplyTo: content.inReplyTo ?? '' } }
    case 'reaction':
      limited(within(content.emoji, 0, MAX_EMOJI_BYTES), 'malformed')
      return { case: 'reaction', value: { messageId: content.messageId, emoji: content.emoji } }
    case 'edit':
      return { case: 'edit', value: { messageId: content.messageId, body: content.body } }
    case 'delete':
      return { case: 'delete', value: { messageId: content.messageId } }
    case 'attachment': {
      const { kind: _kind, size, ...pointer } = content
      limited(isAttachment(content), 'malformed')
      return { case: 'attachment', value: { ...pointer, size: BigInt(size) } }
    }
    case 'receipt': {
      const { length } = content.messageIds
      const areIds = content.messageIds.every((id) => within(id, 1, MAX_ID_BYTES))
      limited(areIds && length >= 1 && length <= MAX_RECEIPT_IDS, 'malformed')
      const kind = content.receipt === 'read' ? ReceiptKind.READ : ReceiptKind.DELIVERED
      return { case: 'receipt', value: { kind, messageIds: [...content.messageIds] } }
    }
  }
}

export interface ContentHeader {
  /** 1 to 64 bytes of UTF-8. */
  readonly id: string
  /** Milliseconds since the Unix epoch. */
  readonly sentAt: number
  /** `network:handle`. */
  readonly to: string
}

/**
 * An encoded Content.
 * @throws SendError `too-large` or `malformed` if the content is over its limits.
 */
export const encodeContent = (
  header: ContentHeader,
  content: SendableContent | ReceiptContent,
): Uint8Array => {
  limited(within(header.id, 1, MAX_ID_BYTES), 'malformed')
  const { id, sentAt, to } = header
  const kind = toKind(content)
  return toBinary(ContentSchema, create(ContentSchema, { id, sentAt: BigInt(sentAt), to, kind }))
}

/** From a decoded Content; never throws, what it can't read is `unsupported`. */
export const readContent = ({ kind }: Content): MessageContent | ReceiptContent => {
  switch (kind.case) {
    case 'text': {
      const { body, inReplyTo } = kind.value
      return { kind: 'text', body, ...(inReplyTo ? { inReplyTo } : {}) }
    }
    case 'reaction':
      return { kind: 'reaction', messageId: kind.value.messageId, emoji: kind.value.emoji }
    case 'edit':
      return { kind: 'edit', messageId: kind.value.messageId, body: kind.value.body }
    case 'delete':
      return { kind: 'delete', messageId: kind.value.messageId }
    case 'attachment': {
      const { url, key, digest, size, mediaType, fileName } = kind.value
      return { kind: 'attachment', url, key, digest, size: Number(size), mediaType, fileName }
    }
    case 'receipt': {
      const { kind: receipt, messageIds } = kind.value
      if (receipt === ReceiptKind.READ) return { kind: 'receipt', receipt: 'read', messageIds }
      if (receipt === ReceiptKind.DELIVERED) {
        return { kind: 'receipt', receipt: 'delivered', messageIds }
      }
      return { kind: 'unsupported' }
    }
    default:
      return { kind: 'unsupported' }
  }
}
