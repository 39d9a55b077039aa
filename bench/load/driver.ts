/** What the load process needs of a protocol: as little client as does the work. */
export interface Credentials {
  readonly url: string
  readonly realm: string
  readonly handle: string
  readonly token: string
}

export interface Recipient {
  readonly network: string
  readonly handle: string
  readonly device: string
}

export interface DriverEvents {
  /** The next submission, in order, was accepted. */
  readonly accepted: () => void
  /** A letter came; the first 8 bytes are its number. */
  readonly delivered: (sealed: Uint8Array) => void
  readonly failed: (why: string) => void
}

export interface Driver {
  /** Resolves when logged in and, if `receive`, when the inbox is open. */
  readonly connect: (receive: boolean) => Promise<void>
  readonly send: (to: Recipient, id: string, sealed: Uint8Array) => void
  readonly close: () => void
}

export type CreateDriver = (credentials: Credentials, events: DriverEvents) => Driver
