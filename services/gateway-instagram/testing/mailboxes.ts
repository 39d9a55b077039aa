/** Mailboxes in memory, for the gateway under test. */
import type { Following, MailboxReader, Page, PageLimit, StoredLetter } from '@isthmus/mailbox/port'
import { delivery } from '@isthmus/proto/codec'

interface Mailbox {
  letters: StoredLetter[]
  last: number
  cursor: number
  tell: ((letter: StoredLetter) => void) | undefined
}

export class MemoryMailboxes implements MailboxReader {
  readonly #mailboxes = new Map<string, Mailbox>()
  readonly #watchers = new Set<() => void>()

  append(device: string, sealed: Uint8Array): void {
    const mailbox = this.#of(device)
    const bytes = delivery.encode({ sealed, acceptedAt: Date.now() })
    const letter = { sequence: mailbox.last + 1, previous: mailbox.last, bytes }
    mailbox.last += 1
    mailbox.letters.push(letter)
    mailbox.tell?.(letter)
  }

  /** Resolves when the device has acknowledged up to a sequence. */
  async acknowledged(device: string, upTo: number): Promise<void> {
    while (this.#of(device).cursor < upTo) {
      await new Promise<void>((resolve) => void this.#watchers.add(resolve))
    }
  }

  cursor(device: string): Promise<number> {
    return Promise.resolve(this.#of(device).cursor)
  }

  read(device: string, after: number, limit: PageLimit): Promise<Page> {
    const waiting = this.#of(device).letters.filter(({ sequence }) => sequence > after)
    const letters = waiting.slice(0, limit.letters)
    const upTo = letters.at(-1)?.sequence ?? after
    return Promise.resolve({ letters, upTo, more: waiting.length > letters.length })
  }

  acknowledge(device: string, upTo: number): void {
    const mailbox = this.#of(device)
    mailbox.cursor = Math.max(mailbox.cursor, upTo)
    mailbox.letters = mailbox.letters.filter(({ sequence }) => sequence > mailbox.cursor)
    for (const wake of this.#watchers) wake()
    this.#watchers.clear()
  }

  follow(device: string, tell: (letter: StoredLetter) => void): Following {
    const mailbox = this.#of(device)
    mailbox.tell = tell
    return {
      stop: () => {
        if (mailbox.tell === tell) mailbox.tell = undefined
      },
    }
  }

  #of(device: string): Mailbox {
    const known = this.#mailboxes.get(device)
    if (known) return known
    const mailbox = { letters: [], last: 0, cursor: 0, tell: undefined }
    this.#mailboxes.set(device, mailbox)
    return mailbox
  }
}
