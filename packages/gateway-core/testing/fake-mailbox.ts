/** A mailbox reader in memory, for tests of the shell. */
import type { Following, MailboxReader, Page, PageLimit, StoredLetter } from '@isthmus/mailbox/port'
import type { DeviceId } from '@isthmus/runtime/ids'

export class FakeMailbox implements MailboxReader {
  readonly letters: StoredLetter[] = []
  acknowledged = 0
  followers = 0
  #tell: ((letter: StoredLetter) => void) | undefined

  append(bytes: number): void {
    const previous = this.letters.length
    const letter = { sequence: previous + 1, previous, bytes: new Uint8Array(bytes) }
    this.letters.push(letter)
    this.#tell?.(letter)
  }

  cursor(): Promise<number> {
    return Promise.resolve(this.acknowledged)
  }

  read(_: DeviceId, after: number, limit: PageLimit): Promise<Page> {
    const letters = this.letters.slice(after, after + limit.letters)
    const upTo = letters.at(-1)?.sequence ?? after
    return Promise.resolve({ letters, upTo, more: upTo < this.letters.length })
  }

  acknowledge(_: DeviceId, upTo: number): void {
    this.acknowledged = Math.max(this.acknowledged, upTo)
  }

  follow(_: DeviceId, tell: (letter: StoredLetter) => void): Following {
    this.#tell = tell
    this.followers += 1
    return {
      stop: () => {
        this.followers -= 1
        if (this.#tell === tell) this.#tell = undefined
      },
    }
  }
}
