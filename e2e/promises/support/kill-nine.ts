/**
 * The relay is killed under load, again and again, at moments that nobody chose: senders and
 * receivers of all three networks, many submissions in flight, so that a group commit is always
 * under way. Clients connect again and submit what is unanswered under the same ids. The ledger
 * says what of the promises P1 to P4 did not hold.
 */
import { openSqliteMailboxes } from '@isthmus/mailbox/sqlite'
import { openSqliteThread } from '@isthmus/sqlite/open'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { RelayProcess } from '../../harness/relay.ts'
import { Crowd, ROOMY_LOAD } from './crowd.ts'
import type { LetterName, Tally } from './ledger.ts'
import { createRandom } from './random.ts'
import { seed } from './seed.ts'
import { until } from './until.ts'

export interface KillNineOptions {
  readonly kills: number
  readonly seed: number
  readonly say: (line: string) => void
}

export interface KillNineResult extends Tally {
  readonly kills: number
  /** Submissions without an answer at the kills. */
  readonly inFlight: number
  /** Of those, stored by the process that was killed before it could say so. */
  readonly storedUnheard: number
  /** Letters that are still in the store after everything was acknowledged. */
  readonly leftBehind: number
}

/** People of each network: four who write, then three who read, one of them on two devices. */
const DEVICES = [1, 1, 1, 1, 1, 1, 2]
const WRITERS = 4
const DEPTH = 16
/** Submissions to be accepted between a start and the next kill, so that all are back at work. */
const PROGRESS = 300
const LONGEST_WAIT_MS = 300
/** How often the next process is killed too, while it starts and recovers. */
const STILLBORN = 0.2
const LONGEST_START_MS = 600

/** What was in flight at a kill, and since when the process was dead. */
class Unheard {
  readonly #kills = new Map<string, number>()
  inFlight = 0
  stored = 0

  note(names: readonly Omit<LetterName, 'device'>[], at: number): void {
    this.inFlight += names.length
    for (const { sender, serial } of names) this.#kills.set(`${sender} ${serial}`, at)
  }

  /** A letter came, with the time at which the relay says that it took it. */
  came({ sender, serial }: LetterName, acceptedAt: number): void {
    const name = `${sender} ${serial}`
    const at = this.#kills.get(name)
    if (at === undefined) return
    this.#kills.delete(name)
    if (acceptedAt < at) this.stored += 1
  }
}

export const killNine = async (options: KillNineOptions): Promise<KillNineResult> => {
  const random = createRandom(options.seed)
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-kill-nine-'))
  const people = await seed(folder, DEVICES)
  const relay = RelayProcess.on(folder, ROOMY_LOAD)
  const unheard = new Unheard()
  let crowd: Crowd | undefined
  try {
    await relay.startAgain()
    const isWriter = (index: number): boolean => index % DEVICES.length < WRITERS
    const senders = people.filter((_, index) => isWriter(index))
    const recipients = people.filter((_, index) => !isWriter(index))
    const came = (letter: LetterName, acceptedAt: number): void => unheard.came(letter, acceptedAt)
    crowd = new Crowd(relay, senders, recipients, { random, depth: DEPTH, came })
    for (let kill = 1; kill <= options.kills; kill++) {
      await makeProgress(crowd, PROGRESS)
      await wait(random.below(LONGEST_WAIT_MS))
      if (kill % 2 === 0) await worstMoment(crowd)
      await killOnce(relay, crowd, unheard)
      const { accepted, awaited } = crowd.ledger
      options.say(`kill ${kill}: ${accepted} accepted so far, ${awaited} of them not shown yet`)
      if (random.chance(STILLBORN)) await killAtStart(relay, random.below(LONGEST_START_MS))
      await relay.startAgain()
    }
    await makeProgress(crowd, PROGRESS)
    await crowd.settled()
    await crowd.leave()
    const exitCode = await relay.end('SIGTERM')
    if (exitCode !== 0) throw new Error(`the relay ended with ${exitCode}:\n${relay.output}`)
    return {
      ...crowd.ledger.tally(),
      kills: options.kills,
      inFlight: unheard.inFlight,
      storedUnheard: unheard.stored,
      leftBehind: await lettersIn(folder),
    }
  } finally {
    await crowd?.leave()
    await relay.dispose()
  }
}

const makeProgress = async ({ ledger }: Crowd, submissions: number): Promise<void> => {
  const from = ledger.accepted
  const what = (): string => `${submissions} acceptances, of which came ${ledger.accepted - from}`
  await until(what, () => ledger.accepted - from >= submissions, 20_000)
}

/**
 * The turn in which somebody hears an acceptance: what it says is true now or never. All that is
 * in flight is large then, so that what was answered too early would still be on its way to the
 * disk, however fast the disk is.
 */
const worstMoment = async (crowd: Crowd): Promise<void> => {
  crowd.heavy = true
  await makeProgress(crowd, crowd.writers.length * DEPTH)
  await crowd.nextAccept()
  crowd.heavy = false
}

const killOnce = async (relay: RelayProcess, crowd: Crowd, unheard: Unheard): Promise<void> => {
  const dead = relay.end('SIGKILL')
  const at = Date.now()
  unheard.note(
    crowd.writers.flatMap((writer) => writer.unanswered()),
    at,
  )
  await dead
}

const killAtStart = async (relay: RelayProcess, afterMs: number): Promise<void> => {
  const starting = relay.startAgain().catch(() => undefined)
  await wait(afterMs)
  await relay.end('SIGKILL')
  await starting
}

const lettersIn = async (folder: string): Promise<number> => {
  const thread = await openSqliteThread(join(folder, 'isthmus.db'))
  const mailboxes = await openSqliteMailboxes(thread)
  const { letters } = await mailboxes.stats()
  await mailboxes.close()
  await thread.close()
  return letters
}
