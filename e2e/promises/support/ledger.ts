/**
 * Everything that clients submitted, heard and were shown, and what of the promises does not hold
 * of it. Pure.
 */

/** Names one letter: which sending device made it, its number there, and the device it is for. */
export interface LetterName {
  readonly sender: number
  /** Counts the sender's submissions from 0, in the order in which they were first submitted. */
  readonly serial: number
  readonly device: number
}

export interface Tally {
  /** Submissions made, and those that the relay said it accepted. */
  readonly submitted: number
  readonly accepted: number
  /** Letters shown to an application. */
  readonly delivered: number
  /** Letters that came again and were dropped by their sequence, as the pages tell clients to. */
  readonly repeated: number
  // What must be 0.
  /** Letters of accepted submissions that no application was shown. */
  readonly lost: number
  /** Letters that an application was shown a second time. */
  readonly duplicated: number
  /** Letters that came under two sequences, and sequences that came with two letters. */
  readonly storedTwice: number
  /** Letters shown after one that the same device sent later. */
  readonly reordered: number
  /** Letters that came to a device that they are not for, or that nobody sent. */
  readonly misdelivered: number
  /** Sequences that an application was not shown before a later one: an embedded relay has none. */
  readonly skipped: number
  /** Submissions of which one device was shown its letter and another was not. */
  readonly halved: number
  /** Submissions that were answered otherwise than accepted. */
  readonly refused: number
}

/** The parts of a tally that break a promise unless they are 0. */
export const FAULTS = [
  'lost',
  'duplicated',
  'storedTwice',
  'reordered',
  'misdelivered',
  'skipped',
  'halved',
  'refused',
] as const satisfies readonly (keyof Tally)[]

interface Submission {
  readonly devices: readonly number[]
  accepted: boolean
  readonly shown: Set<number>
}

interface Mailbox {
  readonly bySequence: Map<number, string>
  readonly byLetter: Map<string, number>
  /** The highest sequence shown. */
  last: number
  /** The highest serial shown, of each sender. */
  readonly serials: Map<number, number>
}

const nameOf = ({ sender, serial }: LetterName): string => `${sender} ${serial}`

export class Ledger {
  readonly #submissions = new Map<string, Submission>()
  readonly #mailboxes = new Map<number, Mailbox>()
  readonly #counts = {
    ...{ delivered: 0, repeated: 0, duplicated: 0, storedTwice: 0, reordered: 0 },
    ...{ misdelivered: 0, skipped: 0, refused: 0 },
  }
  #accepted = 0
  #awaited = 0

  /** Letters of accepted submissions that were not shown yet. */
  get awaited(): number {
    return this.#awaited
  }

  /** Submissions that were accepted so far. */
  get accepted(): number {
    return this.#accepted
  }

  /** A submission is about to be made for the first time. */
  submitted(sender: number, serial: number, devices: readonly number[]): void {
    const submission = { devices, accepted: false, shown: new Set<number>() }
    this.#submissions.set(`${sender} ${serial}`, submission)
  }

  answered(sender: number, serial: number, accepted: boolean): void {
    const submission = this.#submissions.get(`${sender} ${serial}`)
    if (!accepted) this.#counts.refused += 1
    else if (submission && !submission.accepted) {
      submission.accepted = true
      this.#accepted += 1
      this.#awaited += submission.devices.length - submission.shown.size
    }
  }

  /** A letter came out of the relay; `shown`: the application had not seen its sequence yet. */
  came(device: number, sequence: number, letter: LetterName, shown: boolean): void {
    const mailbox = this.#mailbox(device)
    const name = nameOf(letter)
    if ((mailbox.bySequence.get(sequence) ?? name) !== name) this.#counts.storedTwice += 1
    if ((mailbox.byLetter.get(name) ?? sequence) !== sequence) this.#counts.storedTwice += 1
    mailbox.bySequence.set(sequence, name)
    mailbox.byLetter.set(name, sequence)
    if (shown) this.#show(device, sequence, letter, mailbox)
    else this.#counts.repeated += 1
  }

  /** Whether every device was shown its letter of a submission. */
  isShown(sender: number, serial: number): boolean {
    const submission = this.#submissions.get(`${sender} ${serial}`)
    return submission !== undefined && submission.shown.size === submission.devices.length
  }

  /** Which letters are awaited. */
  missing(): readonly LetterName[] {
    return [...this.#submissions].flatMap(([name, { devices, accepted, shown }]) => {
      const [sender = 0, serial = 0] = name.split(' ').map(Number)
      const open = accepted ? devices.filter((device) => !shown.has(device)) : []
      return open.map((device) => ({ sender, serial, device }))
    })
  }

  tally(): Tally {
    const all = [...this.#submissions.values()]
    const halved = all.filter(({ devices, shown }) => shown.size > 0 && shown.size < devices.length)
    return {
      submitted: all.length,
      accepted: this.#accepted,
      ...this.#counts,
      lost: this.missing().length,
      halved: halved.length,
    }
  }

  #show(device: number, sequence: number, letter: LetterName, mailbox: Mailbox): void {
    const submission = this.#submissions.get(nameOf(letter))
    this.#counts.delivered += 1
    this.#counts.skipped += Math.max(0, sequence - mailbox.last - 1)
    mailbox.last = Math.max(mailbox.last, sequence)
    if (letter.device !== device || !submission?.devices.includes(device)) {
      this.#counts.misdelivered += 1
      return
    }
    const before = mailbox.serials.get(letter.sender) ?? -1
    if (submission.shown.has(device)) this.#counts.duplicated += 1
    else {
      if (letter.serial < before) this.#counts.reordered += 1
      if (submission.accepted) this.#awaited -= 1
    }
    submission.shown.add(device)
    mailbox.serials.set(letter.sender, Math.max(before, letter.serial))
  }

  #mailbox(device: number): Mailbox {
    const known = this.#mailboxes.get(device)
    if (known) return known
    const made = { bySequence: new Map(), byLetter: new Map(), last: 0, serials: new Map() }
    this.#mailboxes.set(device, made)
    return made
  }
}
