/**
 * The embedded adapter: mailboxes in a SQLite file.
 *
 * Each group of submissions is one row at the end of a **journal**, written with one fsync. Letters
 * that were written a moment ago are also held in memory, where live readers and most
 * acknowledgements find them; a journal row whose letters are acknowledged is deleted and never
 * looked at again. What is not acknowledged within seconds moves to the **shelf**, a table by
 * mailbox and sequence. docs/adr/0002-mailbox-on-sqlite.md has the reasons and the figures.
 */
import type { DeviceId } from '@isthmus/runtime/ids'
import type { SqliteThread } from '@isthmus/sqlite/thread'
import { type AppendRequest, MailboxError, type Mailboxes } from './port.ts'
import type { Box } from './sqlite/box.ts'
import { KEY_BYTES } from './sqlite/key-memory.ts'
import { DEFAULT_SQLITE_MAILBOX_OPTIONS, type SqliteMailboxOptions } from './sqlite/options.ts'
import { ID_BYTES } from './sqlite/records.ts'
import { openStore } from './sqlite/store.ts'

const check = (requests: readonly AppendRequest[]): void => {
  for (const { key, letters } of requests) {
    if (key.length !== KEY_BYTES) throw new RangeError(`a key has ${KEY_BYTES} bytes`)
    for (const { mailbox } of letters) {
      if (mailbox.length !== ID_BYTES) throw new RangeError(`not a mailbox: ${mailbox}`)
    }
  }
}

/**
 * Opens the mailboxes in the thread's file. The thread stays the caller's: close it afterwards.
 * An acknowledgement after `close` is ignored, as one that is lost in a crash would be.
 * @throws MailboxError when the file can't be read.
 */
export const openSqliteMailboxes = async (
  thread: SqliteThread,
  given: Partial<SqliteMailboxOptions> = {},
): Promise<Mailboxes> => {
  const options = { ...DEFAULT_SQLITE_MAILBOX_OPTIONS, ...given }
  const store = await openStore(thread, options)
  let closing: Promise<void> | undefined

  const checkOpen = (): void => {
    if (closing) throw new MailboxError('closed')
  }
  const ready = async (mailbox: DeviceId): Promise<Box> => {
    checkOpen()
    const box = store.registry.get(mailbox)
    if (!box.ready) await store.registry.load(box)
    return box
  }
  return {
    append: async (requests) => {
      checkOpen()
      check(requests)
      return store.append(requests)
    },
    seen: async (key) => {
      checkOpen()
      const durable = (): boolean | undefined => store.isDurable(key)
      if (durable() === undefined) await store.flush()
      return durable() === true
    },
    remove: async (mailbox) => store.remove(await ready(mailbox)),
    cursor: async (mailbox) => (await ready(mailbox)).cursor,
    read: async (mailbox, after, limit) => store.read(await ready(mailbox), after, limit),
    acknowledge: (mailbox, upTo) => {
      if (closing) return
      const box = store.registry.get(mailbox)
      if (box.ready) store.acknowledge(box, upTo)
      // A mailbox that can't be loaded loses the acknowledgement: its letters come again.
      else
        store.registry.load(box).then(
          () => store.acknowledge(box, upTo),
          () => undefined,
        )
    },
    follow: (mailbox, tell) => {
      checkOpen()
      const box = store.registry.get(mailbox)
      const mine: Box['tell'] = (letter) => tell(letter)
      box.tell = mine
      return {
        stop: () => {
          if (box.tell === mine) box.tell = undefined
        },
      }
    },
    stats: async () => {
      checkOpen()
      return store.stats()
    },
    close: () => (closing ??= store.close()),
  }
}
