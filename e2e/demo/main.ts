/**
 * `npm run demo`: three people, one on each network, write to each other in all nine directions,
 * through a relay that runs already or the demo's own. Exits 0 only if every message arrived,
 * opened, and came from whom it says.
 */
import type { Message } from '@isthmus/sdk/client/events'
import { signUpThree, type Person } from './people.ts'
import { findRelay, startOwnRelay } from './relay.ts'
import { watchingBus } from './watching-bus.ts'

const PATIENCE_MS = 30_000

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Collects what a person reads, until as many texts have come as are expected. */
const read = async (person: Person, expected: number): Promise<Message[]> => {
  const texts: Message[] = []
  for await (const message of person.client.messages()) {
    if (message.content.kind !== 'text') continue
    texts.push(message)
    say(`  ${person.name} reads from ${message.from}: “${message.content.body}”`)
    if (texts.length === expected) break
  }
  return texts
}

const bodyOf = (from: Person, to: Person): string => `hello ${to.name}, ${from.name} here`

/** What should have arrived and did not, one line each. */
const missing = (people: readonly Person[], reader: Person, got: readonly Message[]): string[] =>
  people
    .filter(({ client, name }) => {
      const sender = { client, name }
      return !got.some(
        ({ from, content }) =>
          from === client.address &&
          content.kind === 'text' &&
          content.body === bodyOf(sender, reader),
      )
    })
    .map((sender) => `${reader.name} did not get what ${sender.name} wrote`)

const converse = async (people: readonly Person[]): Promise<string[]> => {
  await Promise.all(people.map(({ client }) => client.connect()))
  for (const { client } of people) {
    for (const other of people) {
      if (other.client !== client) await client.directory.allow(other.client.address)
    }
  }
  say('\nMessages, each sealed on the sender’s device and opened on the reader’s:')
  const reading = people.map((person) => read(person, people.length))
  const sending = people.flatMap((from) =>
    people.map((to) => from.client.send(to.client.address, bodyOf(from, to))),
  )
  await Promise.all(sending.map(({ accepted }) => accepted))
  const readings = await Promise.all(reading)
  return people.flatMap((person, index) => missing(people, person, readings[index] ?? []))
}

const run = async (): Promise<number> => {
  const seen: string[] = []
  const relay =
    (await findRelay(process.env)) ?? (await startOwnRelay(watchingBus((line) => seen.push(line))))
  say(relay.own ? 'No relay answers on the usual address, so the demo runs its own.' : '')
  say(`Relay: ${relay.urls.directory}`)
  const people = await signUpThree(relay)
  for (const { name, client } of people) say(`  ${name} is ${client.address}`)
  const timer = setTimeout(() => {
    say('Not every message arrived in time.')
    process.exit(1)
  }, PATIENCE_MS)
  try {
    const failures = await converse(people)
    await Promise.all(people.map(({ client }) => client.close()))
    if (relay.own) {
      say('\nWhat the relay saw of all this (and of the receipts):')
      for (const line of seen) say(`  ${line}`)
    } else say('\nRun the demo without a relay to see what a relay sees of it.')
    for (const failure of failures) say(failure)
    say(failures.length === 0 ? '\nAll nine directions work.' : '\nThe demo failed.')
    return failures.length === 0 ? 0 : 1
  } finally {
    clearTimeout(timer)
    await relay.stop()
  }
}

run().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(
      `the demo failed: ${error instanceof Error ? error.stack : String(error)}\n`,
    )
    process.exit(1)
  },
)
