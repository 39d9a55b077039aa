/** What bounds a stream (P7). docs/protocols/xmpp.md names them. */
import { LIMITS } from '@isthmus/runtime/limits'

export interface XmppLimits {
  /** Bytes of the largest frame: a message with a whole submission in it. */
  readonly maxFrameBytes: number
  /** Letters that a client may leave unacknowledged before it gets no more. */
  readonly window: number
  /** Milliseconds without a frame after which the client is asked whether it is still there. */
  readonly idleMs: number
  /** Milliseconds that it then has to send one. */
  readonly answerMs: number
  /** Milliseconds from authentication to a bound or resumed session. */
  readonly negotiationMs: number
  /** What `<enabled/>` announces: seconds for which a dropped session can be resumed. */
  readonly resumeSeconds: number
}

export const DEFAULT_XMPP_LIMITS: XmppLimits = {
  // Base64 of the largest submission, and 64 KiB for the elements around it.
  maxFrameBytes: Math.ceil(LIMITS.maxSubmissionBytes / 3) * 4 + 65_536,
  window: 128,
  idleMs: 120_000,
  answerMs: 30_000,
  negotiationMs: 30_000,
  resumeSeconds: 300,
}

/** What every frame must keep to, whoever sends it. */
export const FRAME_LIMITS = {
  /** Characters of a frame that is not a message of a bound client. */
  smallFrame: 10_000,
  /** Elements within elements, the frame's own included. */
  depth: 16,
  /** Elements in a frame. */
  elements: 512,
  /** Attributes of an element, namespace declarations included. */
  attributes: 16,
  /** Characters of an attribute's value. */
  attributeValue: 3072,
  /** Entity and character references in a frame. */
  references: 256,
} as const

/** SASL exchanges that a client may begin on one stream. */
export const MAX_AUTHENTICATIONS = 5

/** Stanzas other than letters, and their characters, that a client may leave unacknowledged. */
export const MAX_UNACKNOWLEDGED = { stanzas: 512, characters: 524_288 } as const

/**
 * Frames that are not submissions (which the gateway's core limits) nor acknowledgements: how many
 * a second, how many at once, and for how many characters a frame counts once more.
 */
export const OTHER_FRAMES = { perSecond: 100, burst: 1000, charactersEach: 4096 } as const
