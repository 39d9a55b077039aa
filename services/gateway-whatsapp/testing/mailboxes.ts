/** Mailboxes in memory, for gateways under test. */
import type { Following, MailboxReader, Page, PageLimit, StoredLetter } from '@isthmus/mailbox/port'
import { delivery } from '@isthmus/proto/codec'
import type { DeviceId } from '@isthmus/runtime/ids'

interface Mailbox {
  readonly letters: StoredLetter[]
  cursor: number
  tell: ((letter: StoredLetter) => void) | undefined
}

export class MemoryMailboxes implements MailboxReader {
  readonly #mailboxes = new Map<string, Mailbox>()

  append(device: string, sealed: Uint8Array): void {
    const mailbox = this.#of(device)
    const previous = mailbox.letters.length
    const bytes = delivery.encode({ sealed, acceptedAt: Date.now() })
    const letter = { sequence: previous + 1, previous, bytes }
    mailbox.letters.push(letter)
    mailbox.tell?.(letter)
  }

  cursorOf(device: string): number {
    return this.#of(device).cursor
  }

  cursor(device: DeviceId): Promise<number> {
    return Promise.resolve(this.#of(device).cursor)
  }

  read(device: DeviceId, after: number, limit: PageLimit): Promise<Page> {
    const { letters } = this.#of(device)
    const page = letters.slice(after, after + limit.letters)
    const upTo = page.at(-1)?.sequence ?? after
    return Promise.resolve({ letters: page, upTo, more: upTo < letters.length })
  }

  acknowledge(device: DeviceId, upTo: number): void {
    const mailbox = this.#of(device)
    mailbox.cursor = Math.max(mailbox.cursor, upTo)
  }

  follow(device: DeviceId, tell: (letter: StoredLetter) => void): Following {
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
    const mailbox = { letters: [], cursor: 0, tell: undefined }
    this.#mailboxes.set(device, mailbox)
    return mailbox
  }
}
