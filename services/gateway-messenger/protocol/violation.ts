/** Input that ends the connection. The kinds are rows of VIOLATIONS in answers.ts. */
export type ViolationKind =
  | 'malformed-packet'
  | 'protocol-error'
  | 'text-message'
  | 'publish-without-answer'
  | 'topic-filter-invalid'
  | 'topic-name-invalid'
  | 'receive-maximum-exceeded'
  | 'topic-alias-invalid'
  | 'packet-too-large'
  | 'quota-exceeded'
  | 'retain-not-supported'
  | 'qos-not-supported'
  | 'keep-alive-timeout'

/** Thrown while a packet is read or judged, caught by the machine, which closes the connection. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly kind: ViolationKind

  /** @param detail what was wrong, for the client's developer; never a copy of the input. */
  constructor(kind: ViolationKind, detail: string) {
    super(detail)
    this.kind = kind
  }
}

export const malformed = (detail: string): Violation => new Violation('malformed-packet', detail)
export const protocolError = (detail: string): Violation => new Violation('protocol-error', detail)
