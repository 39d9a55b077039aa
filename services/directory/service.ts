/** Puts the directory together and starts it. */
import type { Bus } from '@isthmus/bus/port'
import { SUBJECTS } from '@isthmus/bus/subjects'
import type { DirectoryStore } from '@isthmus/directory-store/port'
import { directoryChanged } from '@isthmus/proto/codec'
import { systemClock, type Clock } from '@isthmus/runtime/clock'
import type { DeviceId, IdKeys } from '@isthmus/runtime/ids'
import type { Logger } from '@isthmus/runtime/logger'
import type { CodeSender } from './code-sender.ts'
import type { DirectoryConfig, LimitName } from './config.ts'
import { createIssuer } from './crypto/certificates.ts'
import { createPasswords } from './crypto/passwords.ts'
import { createPeerSeal } from './crypto/sealed-peer.ts'
import { createCodes } from './domain/codes.ts'
import type { Directory } from './domain/directory.ts'
import type { Api } from './http/api.ts'
import { createApp } from './http/app.ts'
import { createClientOf } from './http/client-address.ts'
import { listen } from './http/server.ts'
import { createPool } from './pool.ts'
import { Problem } from './problems.ts'
import { createRateLimiter } from './rate-limit.ts'
import { respond } from './responders.ts'

export interface DirectoryOptions {
  /** Stay open when the directory stops: whoever opened them closes them. */
  readonly bus: Bus
  readonly store: DirectoryStore
  readonly ids: IdKeys
  /** The realm's domain, for example `isthmus.example`. */
  readonly realm: string
  /** The Ed25519 private key that signs certificates (RFC 8032), 32 bytes. */
  readonly certificateSeed: Uint8Array
  readonly codeSender: CodeSender
  readonly config: DirectoryConfig
  readonly log: Logger
  readonly mailboxes: { readonly remove: (mailbox: DeviceId) => Promise<void> }
  readonly clock?: Clock
}

export interface RunningDirectory {
  /** Where the HTTP API listens, without a slash at the end. */
  readonly url: string
  /** Ends requests under way, stops listening and answering. Called again, waits for the first. */
  readonly stop: () => Promise<void>
}

/** Milliseconds between sweeps of expired codes and tokens. */
const SWEEP_MS = 60_000

const createLimits = (config: DirectoryConfig, clock: Clock): Api['limit'] => {
  const entries = Object.entries(config.limits).map(
    ([name, limit]) => [name, createRateLimiter(limit)] as const,
  )
  const limiters = new Map(entries)
  return (name: LimitName, key: string) => {
    const retryAfterMs = limiters.get(name)?.take(key, clock.now()) ?? 0
    if (retryAfterMs > 0) throw new Problem('rate-limited', { retryAfterMs })
  }
}

const busy = (): Problem => new Problem('unavailable', { retryAfterMs: 1_000 })

/** @throws when the address can't be listened on. */
export const startDirectory = async (options: DirectoryOptions): Promise<RunningDirectory> => {
  const { bus, store, ids, realm, config, log, mailboxes, clock = systemClock } = options
  const { atOnce, waiting } = config.passwords
  const directory: Directory = {
    store,
    ids,
    clock,
    log,
    mailboxes,
    issuer: createIssuer(options.certificateSeed),
    passwords: createPasswords(createPool(atOnce, waiting, busy)),
    peers: createPeerSeal(ids),
    changed: (change) => bus.publish(SUBJECTS.directoryChanged, directoryChanged.encode(change)),
  }
  const codes = createCodes(directory, options.codeSender)
  const limit = createLimits(config, clock)
  const clientOf = createClientOf(config.trustedProxies)
  const app = createApp({ directory, codes, realm, limit, clientOf }, config.origins)

  const stopResponding = respond(bus, directory)
  const server = await listen(app, config).catch((error: unknown) => {
    stopResponding()
    throw error
  })
  const sweep = setInterval(() => {
    store.removeExpired(clock.now()).catch((err: unknown) => log.error({ err }, 'a sweep failed'))
  }, SWEEP_MS)
  sweep.unref()

  const stop = async (): Promise<void> => {
    clearInterval(sweep)
    await server.stop()
    stopResponding()
    await codes.settled()
  }
  let stopped: Promise<void> | undefined
  return { url: server.url, stop: () => (stopped ??= stop()) }
}
