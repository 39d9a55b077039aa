/** Contents as content.proto encodes them. */
import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { ContentSchema, ReceiptKind, type Content } from '@isthmus/proto/gen/isthmus/v1/content_pb'
import { utf8 } from './bytes.ts'
import type {
  AttachmentContent,
  MessageContent,
  ReceiptContent,
  SendableContent,
} from './content-types.ts'
import { SendError } from './errors.ts'

const MAX_BODY_BYTES = 60_000
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
