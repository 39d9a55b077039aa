/** A letter: signed content with its sender's certificate, padded, in a sealed box. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  ContentSchema,
  SealedContentSchema,
  SenderCertificateSchema,
  type Content,
  type SealedContent,
} from '@isthmus/proto/gen/isthmus/v1/content_pb'
import { open, seal } from './box.ts'
import { verifyCertificate, type Sender, type VerifiedCertificates } from './certificate.ts'
import { SealError } from './error.ts'
import { checkPadding, pad } from './padding.ts'
import { platformPrimitives, type KeyPair, type Primitives } from './primitives.ts'
import { letterInput } from './signed.ts'

export interface SealingDevice {
  /** An encoded SenderCertificate, as the directory gives it. */
  readonly certificate: Uint8Array
  /** The Ed25519 pair that the certificate names. */
  readonly ed25519: KeyPair
}

/**
 * Seals a content for one device.
 * @param content an encoded Content; at most about 64,900 bytes.
 * @param recipientX25519 the device's public key, 32 bytes.
 * @throws SealError `malformed` if the recipient's key is unusable, `bad-certificate` if the
 * sender's own certificate can't be read; RangeError if the content is over the largest bucket.
 */
export const sealLetter = async (
  content: Uint8Array,
  sender: SealingDevice,
  recipientX25519: Uint8Array,
  primitives?: Primitives,
): Promise<Uint8Array> => {
  const curves = primitives ?? (await platformPrimitives())
  const certificate = decode(() => fromBinary(SenderCertificateSchema, sender.certificate))
  if (!certificate) throw new SealError('bad-certificate')
  const input = letterInput(recipientX25519, certificate.claims, content)
  const signature = await curves.sign(sender.ed25519.secretKey, input)
  const sealed = create(SealedContentSchema, { sender: certificate, content, signature })
  return seal(pad(toBinary(SealedContentSchema, sealed)), recipientX25519, curves)
}

export interface OpeningOptions {
  /** The realm's Ed25519 certificate key, 32 bytes. */
  readonly realmKey: Uint8Array
  /** When the relay accepted the letter: milliseconds since the Unix epoch. */
  readonly acceptedAt: number
  /**
   * The reader's addresses, on every network; a letter to any other is `wrong-recipient`. Left
   * out: not checked, since a person who linked accounts is written to at each of them.
   */
  readonly addresses?: readonly string[] | undefined
  /** Certificates that were verified before, for the same realm key. */
  readonly verified?: VerifiedCertificates
  readonly primitives?: Primitives
}

export interface OpenedLetter {
  readonly sender: Sender
  readonly content: Content
}

/**
 * Opens a letter and checks everything about it: the box, the padding, the certificate, the
 * signature and the recipient, in this order.
 * @param letter a sealed box from a delivery.
 * @param device this device's X25519 pair.
 * @throws SealError and nothing else, whatever the bytes.
 */
export const openLetter = async (
  letter: Uint8Array,
  device: KeyPair,
  options: OpeningOptions,
): Promise<OpenedLetter> => {
  const curves = options.primitives ?? (await platformPrimitives())
  const plaintext = await open(letter, device, curves)
  const sealed = readSealedContent(plaintext)
  const certificate = sealed.sender
  if (!certificate) throw new SealError('bad-certificate')
  const { realmKey, acceptedAt: at, verified } = options
  const check = { realmKey, at, primitives: curves, verified }
  const sender = await verifyCertificate(certificate, check)
  const input = letterInput(device.publicKey, certificate.claims, sealed.content)
  if (!(await curves.verify(sender.ed25519, input, sealed.signature))) {
    throw new SealError('bad-signature')
  }
  const content = readContent(sealed.content)
  if (options.addresses && !options.addresses.includes(content.to)) {
    throw new SealError('wrong-recipient')
  }
  return { sender, content }
}

const decode = <T>(read: () => T): T | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}

const readSealedContent = (plaintext: Uint8Array): SealedContent => {
  const sealed = decode(() => fromBinary(SealedContentSchema, plaintext))
  if (!sealed) throw new SealError('malformed')
  checkPadding(plaintext)
  return sealed
}

const MAX_ID_BYTES = 64

const readContent = (bytes: Uint8Array): Content => {
  const content = decode(() => fromBinary(ContentSchema, bytes))
  const idBytes = content ? new TextEncoder().encode(content.id).length : 0
  if (!content || idBytes < 1 || idBytes > MAX_ID_BYTES) throw new SealError('malformed')
  return content
}
