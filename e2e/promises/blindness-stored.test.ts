/**
 * P5: what the relay keeps and writes tells nothing. People whose particulars are canaries sign up,
 * write to each other in all nine directions, are refused and send rubbish; then everything in the
 * data folder, the realm's keys included, and everything that the process has printed and logged at
 * its most talkative is searched as bytes.
 *
 * - Nowhere at all: handles, addresses, phone numbers, e-mail addresses, names, passwords, tokens,
 *   plaintexts, submission ids, and whatever was typed or sent in vain.
 * - Not in the mailboxes' tables, nor in any output: the account and device ids, the public keys
 *   and the certificate of somebody who only sends. (The directory has to keep them.)
 * - Not in any file or output: pair tags, until somebody allows or blocks somebody.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { RelayProcess } from '../harness/relay.ts'
import { search, type Place } from './support/canaries.ts'
import { CanaryTraffic } from './support/canary-traffic.ts'
import { CodeBox, openWebhook, type Webhook } from './support/code-box.ts'
import { filesIn, tablesIn } from './support/data-folder.ts'
import { senderIdsOf, type SenderIds } from './support/sender-ids.ts'

let relay: RelayProcess
let webhook: Webhook
let traffic: CanaryTraffic
let ids: SenderIds
/** Before anybody has said anything of anybody, so that no pair tag has a reason to be kept. */
let before: Place[]
let files: Place[]
let mailboxes: Place[]
let output: Place

beforeAll(async () => {
  const codes = new CodeBox()
  webhook = await openWebhook(codes)
  relay = await RelayProcess.start(webhook.env)
  traffic = await CanaryTraffic.begin(relay, codes)
  await traffic.nineDirections()
  ids = senderIdsOf(relay.folder, traffic.senders, traffic.receivers)
  before = filesIn(relay.folder, 'while running')
  mailboxes = tablesIn(relay.folder).filter(({ name }) => name.startsWith('mailbox'))
  await traffic.refusals()
  await traffic.directory()
  await traffic.malformed()
  codes.unreachable.add(`+${traffic.plant('a phone that no code reaches', '4915188888888')}`)
  const phone = '+4915188888888'
  await fetch(`${relay.urls.directory}/v1/whatsapp/codes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ phone }),
  })
  await relay.says((text) => text.includes('a code could not be handed to its sender'))
  files = [...before, ...filesIn(relay.folder, 'after all of it')]
  await relay.end('SIGTERM')
  files.push(...filesIn(relay.folder, 'after the stop'))
  output = { name: 'the output', bytes: Buffer.from(relay.output) }
}, 60_000)

afterAll(async () => {
  await relay.dispose()
  await webhook.close()
})

test('the search sees what there is', () => {
  const [letter] = traffic.waiting
  const sealed = { name: 'a letter', value: letter?.sealed ?? Buffer.alloc(0) }
  const device = { name: 'its device', value: letter?.device ?? '' }
  expect(search(mailboxes, [sealed, device])).toEqual([
    expect.stringMatching(/^a letter in mailbox_.*, as bytes$/),
    expect.stringMatching(/^its device in mailbox.*, as bytes$/),
  ])
  expect(search(files, [sealed]).length).toBeGreaterThan(0)
  const tables = search(tablesIn(relay.folder), ids.ids)
  expect(tables).toContain('the sender’s account id in directory_accounts, as bytes')
  expect(tables).toContain('the sender’s device id in directory_devices, as bytes')
  expect(search([output], [{ name: 'a log', value: 'could not be handed' }])).toHaveLength(1)
  expect(new Set(files.map(({ name }) => name.split(' ')[0]))).toEqual(
    new Set(['isthmus.db', 'isthmus.db-wal', 'realm.json']),
  )
  expect(traffic.canaries.length).toBeGreaterThan(100)
})

test('no file holds anything that people are, say or know', () => {
  expect(search(files, traffic.canaries)).toEqual([])
})

test('nor does anything that the relay printed and logged', () => {
  expect(search([output], traffic.canaries)).toEqual([])
})

test('no file holds a pair of people of whom neither has said anything of the other', () => {
  expect(search(before, ids.pairTags)).toEqual([])
})

test('no mailbox tells who sent', () => {
  expect(search(mailboxes, [...ids.ids, ...ids.keys, ...ids.pairTags])).toEqual([])
})

test('no output names a sender, a pair or a key', () => {
  expect(search([output], [...ids.ids, ...ids.keys, ...ids.pairTags])).toEqual([])
})
