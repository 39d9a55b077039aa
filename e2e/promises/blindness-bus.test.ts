/**
 * P5: what crosses the bus tells nothing. The relay is composed as in its own process, on a bus
 * that writes everything down; the same traffic runs over it as in blindness-stored.test.ts.
 *
 * - On no subject: handles, addresses, phone numbers, e-mail addresses, names, passwords, tokens,
 *   plaintexts, submission ids, and whatever was typed or sent in vain.
 * - Account and device id of somebody who only sends: on the subjects of logging in
 *   (`authenticate`, `scram`), of claiming a session and of the directory's changes, and on no
 *   other; once the session stands, on none at all.
 * - Pair tags: where the router works, on `route` and `resolve`, and in the announcement of a
 *   consent.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { SUBJECTS } from '@isthmus/bus/subjects'
import { readRelayConfig } from '@isthmus/all-in-one/config'
import { startRelay, type Relay } from '@isthmus/all-in-one/relay'
import { silentLogger } from '@isthmus/runtime/logger'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { search, type Canary, type Place } from './support/canaries.ts'
import { credentialsOf } from './support/canary-people.ts'
import { CanaryTraffic } from './support/canary-traffic.ts'
import { CodeBox } from './support/code-box.ts'
import { Phone } from './support/phone.ts'
import { createRecordingBus } from './support/recording-bus.ts'
import { senderIdsOf, type SenderIds } from './support/sender-ids.ts'

const folder = mkdtempSync(join(tmpdir(), 'isthmus-blind-'))
const bus = createRecordingBus()
let relay: Relay
let traffic: CanaryTraffic
let ids: SenderIds

beforeAll(async () => {
  const codes = new CodeBox()
  const ports = ['DIRECTORY', 'WHATSAPP', 'MESSENGER', 'INSTAGRAM']
  const limits = ['SIGN_UPS', 'SIGN_INS', 'SIGN_INS_PER_NAME', 'CODES', 'LOOK_UPS', 'CHANGES']
  const config = readRelayConfig({
    ...Object.fromEntries(ports.map((part) => [`ISTHMUS_${part}_PORT`, '0'])),
    ...Object.fromEntries(
      limits.map((limit) => [`ISTHMUS_DIRECTORY_LIMIT_${limit}`, '1000000/1s']),
    ),
    ISTHMUS_DATA: folder,
  })
  const codeSender = {
    send: async (phone: string, code: string) => void codes.put(phone, code),
  }
  relay = await startRelay(config, silentLogger, { bus, codeSender })
  traffic = await CanaryTraffic.begin(relay, codes)
  await traffic.nineDirections()
  await traffic.refusals()
  await traffic.directory()
  await traffic.malformed()
  ids = senderIdsOf(folder, traffic.senders, traffic.receivers)
}, 60_000)

afterAll(async () => {
  await relay.stop()
  rmSync(folder, { recursive: true, force: true })
})

const places = (from = 0): Place[] =>
  bus.recorded
    .slice(from)
    .map(({ subject, kind, bytes }) => ({ name: `${subject} ${kind}`, bytes }))

/** The subjects on which something is found. */
const subjectsOf = (canaries: readonly Canary[], from = 0): string[] => {
  const found = search(places(from), canaries).map((line) => / in (\S+) /.exec(line)?.[1] ?? '')
  return [...new Set(found)].toSorted()
}

test('the search sees what there is', () => {
  const recorded = new Set(bus.recorded.map(({ subject }) => subject))
  expect([...recorded].toSorted()).toEqual(Object.values(SUBJECTS).toSorted())
  const [letter] = traffic.waiting
  const sealed = { name: 'a letter', value: letter?.sealed ?? Buffer.alloc(0) }
  const device = { name: 'its device', value: letter?.device ?? '' }
  expect(subjectsOf([sealed])).toEqual([SUBJECTS.route])
  expect(subjectsOf([device])).toContain(SUBJECTS.resolve)
})

test('no message holds anything that people are, say or know', () => {
  expect(search(places(), traffic.canaries)).toEqual([])
})

test('a sender’s ids cross it to log in, and with no message', () => {
  expect(subjectsOf(ids.ids)).toEqual(
    [
      SUBJECTS.authenticate,
      SUBJECTS.scram,
      SUBJECTS.sessionClaimed,
      SUBJECTS.directoryChanged,
    ].toSorted(),
  )
})

test('once a session stands nothing names its account or device, whatever it sends', async () => {
  const receivers = traffic.receivers.map(({ device }) => device)
  for (const sender of traffic.senders) {
    const phone = await Phone.connect(relay, credentialsOf(sender))
    const from = bus.recorded.length
    for (const { account, id } of receivers) {
      const letters = [{ device: id, sealed: Buffer.alloc(200, 7) }]
      const { error } = await phone.send(account, `after ${account.address}`, letters)
      expect(['ACCEPTED', 'REFUSED']).toContain(error)
    }
    expect(bus.recorded.length).toBeGreaterThan(from)
    expect(search(places(from), [...ids.ids, ...ids.keys])).toEqual([])
    await phone.close()
  }
})

test('pair tags are for the router alone', () => {
  const allowed: string[] = [SUBJECTS.directoryChanged, SUBJECTS.resolve, SUBJECTS.route]
  expect(subjectsOf(ids.pairTags)).toEqual(allowed.toSorted())
})

test('no key or certificate of a sender crosses it', () => {
  expect(subjectsOf(ids.keys)).toEqual([])
})
