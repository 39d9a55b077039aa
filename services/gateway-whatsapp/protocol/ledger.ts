/**
 * The two counts of XEP-0198: stanzas that the client sent and the gateway has handled, stanzas
 * that the gateway sent and the client has handled. Both wrap from 2^32 - 1 to 0 (section 4).
 * Pure.
 */
const uint32 = (count: number): number => count >>> 0

/** A message that waits for the relay's word. */
export interface Waiting {
  readonly id: string
  /** As the client wrote it; undefined if it wrote none. */
  readonly to: string | undefined
}

interface Entry extends Waiting {
  /** How many stanzas are handled once this message is answered: it and the others after it. */
  weight: number
}

/**
 * What the client sent. A message is handled when it is answered; any other stanza is handled at
 * once, but not before the messages that came before it: the count is cumulative.
 */
export class Inbound {
  #handled = 0
  #counting = false
  #messages = 0
  #waiting: Entry[] = []

  /** Stanzas handled since the count began. */
  get handled(): number {
    return this.#handled
  }

  /** Messages taken so far. */
  get messages(): number {
    return this.#messages
  }

  /** Messages without an answer. */
  get pending(): number {
    return this.#waiting.length
  }

  /** Begins to count, for a session resumed with what it has counted before. */
  begin(handled = 0): void {
    this.#handled = handled
    this.#counting = true
  }

  /** @returns the message's number on this stream */
  message(id: string, to: string | undefined): number {
    this.#waiting.push({ id, to, weight: this.#counting ? 1 : 0 })
    this.#messages += 1
    return this.#messages
  }

  /** A stanza that is not a message, or one that was refused without asking. */
  other(): void {
    if (!this.#counting) return
    const last = this.#waiting.at(-1)
    if (last) last.weight += 1
    else this.#handled = uint32(this.#handled + 1)
  }

  /** The oldest message has its answer. */
  answered(): Waiting | undefined {
    const entry = this.#waiting.shift()
    if (entry) this.#handled = uint32(this.#handled + entry.weight)
    return entry
  }
}

/**
 * What the gateway sent since the count began: letters, by their sequences, since they come from
 * the mailbox again; other stanzas as they were written.
 */
export class Outbound {
  #acknowledged: number
  #sent: (number | string)[] = []
  #head = 0
  #characters = 0
  #letter = 0

  /** @param start where the count begins */
  constructor(start = 0) {
    this.#acknowledged = start
  }

  /** Stanzas sent and not acknowledged. */
  get unacknowledged(): number {
    return this.#sent.length - this.#head
  }

  /** Characters of those that are not letters. */
  get characters(): number {
    return this.#characters
  }

  /** Stanzas sent since the count began, modulo 2^32. */
  get count(): number {
    return uint32(this.#acknowledged + this.unacknowledged)
  }

  /** The highest sequence that was acknowledged; 0 if none was. */
  get letter(): number {
    return this.#letter
  }

  sentLetter(sequence: number): void {
    this.#sent.push(sequence)
  }

  sentStanza(text: string): void {
    this.#sent.push(text)
    this.#characters += text.length
  }

  /** @returns false if the client counts more than was sent */
  acknowledge(h: number): boolean {
    const covered = uint32(h - this.#acknowledged)
    if (covered > this.unacknowledged) return false
    for (const end = this.#head + covered; this.#head < end; this.#head++) {
      const sent = this.#sent[this.#head]
      if (typeof sent === 'string') this.#characters -= sent.length
      else if (sent !== undefined && sent > this.#letter) this.#letter = sent
    }
    this.#acknowledged = h
    this.#trim()
    return true
  }

  /** For a resumed session: forgets the letters and gives what must be sent again, in order. */
  resend(): readonly string[] {
    const again = this.#sent.slice(this.#head).filter((sent) => typeof sent === 'string')
    this.#sent = [...again]
    this.#head = 0
    return again
  }

  // Moves the rest up only now and then, so that an acknowledgement does not cost a copy.
  #trim(): void {
    if (this.#head === this.#sent.length) this.#sent = []
    else if (this.#head >= 64) this.#sent = this.#sent.slice(this.#head)
    else return
    this.#head = 0
  }
}
