/**
 * A device's inbox at its gateway: from the cursor through the pages of the mailbox to live
 * letters, with no gap, no repetition and no buffer. Pure.
 *
 * The truth is the mailbox; what the mailbox tells of new letters is a hint:
 * - a hint that follows directly on the last letter sent goes out at once, if there is room;
 * - any other hint (a page is being read, the window is full, one before it was missed) is not
 *   kept: only how far it reached is, and the letters are read from the mailbox when there is room.
 * So a slow reader costs no memory, and catching up and a lost hint are one case.
 */
import type { Page, PageLimit, StoredLetter } from '@isthmus/mailbox/port'

export interface InboxEffects {
  readonly deliver: (letter: StoredLetter) => void
  /** Asks for a page; `page` or `readFailed` must be called with the outcome. */
  readonly readPage: (after: number, limit: PageLimit) => void
  /** Whether the socket takes more now; when it does again, `retry` is called. */
  readonly writable: () => boolean
  /** The cursor has moved. */
  readonly moveCursor: (upTo: number) => void
}

/** Bytes of one page, and of letters that may be unacknowledged (one letter more at the most). */
const WINDOW_BYTES = 524_288

export class Inbox {
  readonly #effects: InboxEffects
  readonly #window: number
  /** The highest sequence sent; everything up to it was sent or acknowledged or has expired. */
  #sent: number
  /** The highest sequence that the mailbox is known to hold. */
  #heard: number
  #reading = false
  /** Sequences sent and not yet covered by the cursor, in order. */
  #inFlight: { readonly sequence: number; readonly bytes: number }[] = []
  #inFlightBytes = 0
  /** Of those, the ones acknowledged out of order. */
  #early: Set<number> | undefined

  constructor(effects: InboxEffects, window: number, after: number) {
    this.#effects = effects
    this.#window = window
    this.#sent = after
    this.#heard = after
    this.#read()
  }

  /** Sequences delivered and not yet acknowledged. */
  get unacknowledged(): number {
    return this.#inFlight.length
  }

  /** The mailbox tells of a new letter. */
  told(letter: StoredLetter): void {
    if (letter.sequence <= this.#sent) return
    if (letter.sequence > this.#heard) this.#heard = letter.sequence
    if (this.#reading) return
    if (letter.previous <= this.#sent && this.#room() > 0) this.#send(letter)
    else this.#readIfWorthwhile()
  }

  page(page: Page): void {
    this.#reading = false
    for (const letter of page.letters) if (letter.sequence > this.#sent) this.#send(letter)
    if (page.upTo > this.#sent) this.#sent = page.upTo
    if (page.more && this.#heard <= this.#sent) this.#heard = this.#sent + 1
    this.#readIfWorthwhile()
  }

  /** The mailbox could not be read; what is missing is asked for again by `retry`. */
  readFailed(): void {
    this.#reading = false
    this.#heard = Math.max(this.#heard, this.#sent + 1)
  }

  /** Reads on if something is known to be missing. */
  retry(): void {
    this.#readIfWorthwhile()
  }

  acknowledgeUpTo(sequence: number): void {
    let covered = 0
    for (const sent of this.#inFlight) {
      if (sent.sequence > sequence) break
      this.#early?.delete(sent.sequence)
      covered += 1
    }
    if (covered > 0) this.#advance(covered)
  }

  acknowledgeOne(sequence: number): void {
    if (this.#inFlight[0]?.sequence !== sequence) {
      const isOut = this.#inFlight.some((sent) => sent.sequence === sequence)
      if (isOut) (this.#early ??= new Set()).add(sequence)
      return
    }
    let covered = 1
    for (let next = this.#inFlight[1]; next !== undefined; next = this.#inFlight[covered]) {
      if (!this.#early?.delete(next.sequence)) break
      covered += 1
    }
    this.#advance(covered)
  }

  #advance(covered: number): void {
    let cursor = 0
    for (let index = 0; index < covered; index++) {
      const sent = this.#inFlight[index]
      if (!sent) break
      cursor = sent.sequence
      this.#inFlightBytes -= sent.bytes
    }
    if (covered === 1) this.#inFlight.shift()
    else this.#inFlight.splice(0, covered)
    this.#effects.moveCursor(cursor)
    this.#readIfWorthwhile()
  }

  /** How many letters may be sent now. */
  #room(): number {
    if (this.#inFlightBytes >= WINDOW_BYTES || !this.#effects.writable()) return 0
    return this.#window - this.#inFlight.length
  }

  #send(letter: StoredLetter): void {
    this.#sent = letter.sequence
    this.#inFlight.push({ sequence: letter.sequence, bytes: letter.bytes.length })
    this.#inFlightBytes += letter.bytes.length
    this.#effects.deliver(letter)
  }

  /** Waits for half a window of room, so that a full window does not cause a read a letter. */
  #readIfWorthwhile(): void {
    if (this.#reading || this.#heard <= this.#sent) return
    if (this.#room() >= Math.max(1, this.#window >> 1)) this.#read()
  }

  #read(): void {
    this.#reading = true
    const bytes = WINDOW_BYTES - this.#inFlightBytes
    this.#effects.readPage(this.#sent, { letters: Math.max(1, this.#room()), bytes })
  }
}
