/** A directory on a file of its own, with a clock to turn and a phone to read codes from. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInProcessBus } from '@isthmus/bus/in-process'
import type { Bus } from '@isthmus/bus/port'
import { SUBJECTS } from '@isthmus/bus/subjects'
import type { DirectoryStore } from '@isthmus/directory-store/port'
import { openSqliteDirectory } from '@isthmus/directory-store/sqlite'
import { directoryChanged, type DirectoryChanged } from '@isthmus/proto/codec'
import { idKeys, type DeviceId, type IdKeys } from '@isthmus/runtime/ids'
import { silentLogger, type Logger } from '@isthmus/runtime/logger'
import { openSqliteThread } from '@isthmus/sqlite/open'
import { readDirectoryConfig } from '../config.ts'
import { startDirectory, type RunningDirectory } from '../service.ts'

/** So high that no test meets a limit that it does not set. */
const NO_LIMITS = Object.fromEntries(
  [
    'SIGN_UPS',
    'SIGN_INS',
    'SIGN_INS_PER_NAME',
    'CODES',
    'CODES_PER_PHONE',
    'LOOK_UPS',
    'CHANGES',
  ].map((name) => [`ISTHMUS_DIRECTORY_LIMIT_${name}`, '1000000/1s']),
)

export interface HarnessOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly log?: Logger
  /** Wraps the store, to watch it or to make it fail. */
  readonly wrapStore?: (store: DirectoryStore) => DirectoryStore
  readonly certificateSeed?: Uint8Array
  readonly realmSecret?: Uint8Array
}

export interface Harness extends RunningDirectory {
  readonly bus: Bus
  readonly store: DirectoryStore
  readonly ids: IdKeys
  /** Codes as they were sent: phone (with plus) to code. */
  readonly codes: Map<string, string>
  readonly changes: DirectoryChanged[]
  readonly removedMailboxes: DeviceId[]
  readonly clock: { time: number; readonly now: () => number }
  /** The bytes of every file that the store keeps. */
  readonly fileBytes: () => Buffer
}

export const startHarness = async (options: HarnessOptions = {}): Promise<Harness> => {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-directory-'))
  const thread = await openSqliteThread(join(folder, 'isthmus.db'))
  const opened = await openSqliteDirectory(thread)
  const store = options.wrapStore?.(opened) ?? opened
  const bus = createInProcessBus()
  const codes = new Map<string, string>()
  const changes: DirectoryChanged[] = []
  const removedMailboxes: DeviceId[] = []
  const clock = { time: 1_795_411_827_432, now: () => clock.time }
  bus.subscribe(SUBJECTS.directoryChanged, (data) => changes.push(directoryChanged.decode(data)))
  const ids = idKeys(options.realmSecret ?? Buffer.alloc(32, 'realm secret'))
  const running = await startDirectory({
    bus,
    store,
    ids,
    clock,
    realm: 'isthmus.test',
    certificateSeed: options.certificateSeed ?? Buffer.alloc(32, 'certificate seed'),
    codeSender: { send: async (phone, code) => void codes.set(phone, code) },
    config: readDirectoryConfig({ ISTHMUS_DIRECTORY_PORT: '0', ...NO_LIMITS, ...options.env }),
    log: options.log ?? silentLogger,
    mailboxes: { remove: async (mailbox) => void removedMailboxes.push(mailbox) },
  })
  const stop = async (): Promise<void> => {
    await running.stop()
    await bus.close()
    await thread.close()
    rmSync(folder, { recursive: true, force: true })
  }
  const fileBytes = (): Buffer =>
    Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))))
  const url = running.url
  return { url, stop, bus, store, ids, codes, changes, removedMailboxes, clock, fileBytes }
}
