/** The protocol's own limits. What all gateways share is in @isthmus/runtime/limits. */
export interface GraphqlLimits {
  /** Bytes of one WebSocket message: a full submission in base64, and room for the rest. */
  readonly maxFrameBytes: number
  /** Milliseconds in which connection_init must come. */
  readonly initTimeoutMs: number
  /** Milliseconds of silence after which the server pings. */
  readonly idleMs: number
  /** Milliseconds that a pinged client has to say anything at all. */
  readonly pongTimeoutMs: number
  /** Characters of a ping message whose payload is echoed; a longer one gets a bare pong. */
  readonly maxEchoLength: number
  /** Characters of an operation's id. */
  readonly maxIdLength: number
  /** Operations of one socket under way at a time. */
  readonly maxOperations: number
  /** Letters out and not acknowledged. */
  readonly window: number
  readonly query: QueryLimits
  readonly work: WorkLimits
}

/** What a document may be. Checked before GraphQL's own validation, whose rules cost more. */
export interface QueryLimits {
  /** Characters. */
  readonly maxLength: number
  /** Lexical tokens. */
  readonly maxTokens: number
  /** Selections (fields, spreads, inline fragments) as written. */
  readonly maxSelections: number
  /** Fields within fields, fragments expanded. */
  readonly maxDepth: number
  /** Values that the result can hold at most, about: fields, times the lengths of lists. */
  readonly maxCost: number
  readonly maxAliases: number
  readonly maxDirectives: number
}

/**
 * What a socket may make the gateway do beyond relaying, in points of about a microsecond. Preparing
 * a document that is not in the cache costs 64 and one for each character, a query an eighth of its
 * cost, opening the inbox (a page is read from the mailbox) 512.
 */
export interface WorkLimits {
  readonly burst: number
  readonly perSecond: number
}

export const DEFAULT_GRAPHQL_LIMITS: GraphqlLimits = {
  maxFrameBytes: 1_572_864,
  initTimeoutMs: 10_000,
  idleMs: 25_000,
  pongTimeoutMs: 20_000,
  maxEchoLength: 1024,
  maxIdLength: 128,
  maxOperations: 1024,
  window: 128,
  query: {
    maxLength: 8192,
    maxTokens: 1000,
    maxSelections: 150,
    maxDepth: 16,
    maxCost: 20_000,
    maxAliases: 16,
    maxDirectives: 16,
  },
  work: { burst: 65_536, perSecond: 8192 },
}
