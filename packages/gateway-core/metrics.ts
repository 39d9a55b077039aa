/** What a gateway reports of itself. Counts and times alone: no id, no address. */
import type { ErrorCode } from '@isthmus/proto/codec'
import type { GoodbyeReason } from './protocol.ts'

export interface GatewayMetrics {
  readonly socketOpened: () => void
  readonly socketClosed: () => void
  /** A submission was answered; UNSPECIFIED is accepted. Milliseconds since it came in. */
  readonly answered: (error: ErrorCode, milliseconds: number) => void
  readonly delivered: () => void
  /** A session was ended by the relay. */
  readonly goodbye: (reason: GoodbyeReason) => void
}

const ignore = (): void => undefined

export const noMetrics: GatewayMetrics = {
  socketOpened: ignore,
  socketClosed: ignore,
  answered: ignore,
  delivered: ignore,
  goodbye: ignore,
}
