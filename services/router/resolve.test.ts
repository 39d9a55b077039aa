import { expect, test } from '@jest/globals'
import { createInProcessBus } from '@isthmus/bus/in-process'
import type { Bus } from '@isthmus/bus/port'
import { SUBJECTS } from '@isthmus/bus/subjects'
import {
  Consent,
  directoryChanged,
  ReachPolicy,
  resolveReply,
  resolveRequest,
  type Submission,
} from '@isthmus/proto/codec'
import { DEFAULT_RESOLVER_OPTIONS, Resolver } from './resolve.ts'

const submission = (recipient: string, pairTag = `pair-${recipient}`): Submission => ({
  key: new Uint8Array(16),
  recipient,
  pairTag,
  letters: [],
  ttlSeconds: 1,
})

/** A directory in which everyone has one device, named after the account and the version. */
const startDirectory = (bus: Bus): { asked: string[]; version: number } => {
  const directory = { asked: [] as string[], version: 1 }
  bus.respond(SUBJECTS.resolve, (data) => {
    const { questions } = resolveRequest.decode(data)
    directory.asked.push(...questions.map(({ accountId }) => accountId))
    const resolutions = questions.map(({ accountId }) => ({
      known: true,
      deviceIds: [`${accountId}-v${directory.version}`],
      reach: ReachPolicy.EVERYONE,
      consent: Consent.UNSPECIFIED,
    }))
    return resolveReply.encode({ resolutions })
  })
  return directory
}

const devices = async (resolver: Resolver, ...names: string[]): Promise<string[]> =>
  (await resolver.resolve(names.map((name) => submission(name)))).flatMap(
    ({ deviceIds }) => deviceIds,
  )

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('asks once for what it does not know, in one request, and keeps the order', async () => {
  const bus = createInProcessBus()
  const directory = startDirectory(bus)
  const resolver = new Resolver(bus, { now: () => 0 })
  expect(await devices(resolver, 'b')).toEqual(['b-v1'])
  expect(await devices(resolver, 'a', 'b', 'c')).toEqual(['a-v1', 'b-v1', 'c-v1'])
  expect(directory.asked).toEqual(['b', 'a', 'c'])
})

test('forgets what the directory says has changed', async () => {
  const bus = createInProcessBus()
  const directory = startDirectory(bus)
  const resolver = new Resolver(bus, { now: () => 0 })
  await devices(resolver, 'a')
  directory.version = 2
  bus.publish(SUBJECTS.directoryChanged, directoryChanged.encode({ accountIds: ['a'] }))
  await turn()
  expect(await devices(resolver, 'a')).toEqual(['a-v2'])
  bus.publish(SUBJECTS.directoryChanged, directoryChanged.encode({ pairTags: ['pair-a'] }))
  await turn()
  await devices(resolver, 'a')
  expect(directory.asked).toEqual(['a', 'a', 'a'])
})

test('does not remember an answer that a change has overtaken', async () => {
  const bus = createInProcessBus()
  const gate = Promise.withResolvers<void>()
  let version = 1
  bus.respond(SUBJECTS.resolve, async () => {
    const deviceIds = [`a-v${version}`]
    await gate.promise
    return resolveReply.encode({
      resolutions: [{ known: true, deviceIds, reach: ReachPolicy.EVERYONE, consent: 0 }],
    })
  })
  const resolver = new Resolver(bus, { now: () => 0 })
  const before = devices(resolver, 'a')
  await turn()
  version = 2
  bus.publish(SUBJECTS.directoryChanged, directoryChanged.encode({ accountIds: ['a'] }))
  await turn()
  gate.resolve()
  await before
  expect(await devices(resolver, 'a')).toEqual(['a-v2'])
})

test('is stale for at most the cache time when the announcement was lost', async () => {
  const bus = createInProcessBus()
  const directory = startDirectory(bus)
  let now = 0
  const resolver = new Resolver(bus, { now: () => now })
  await devices(resolver, 'a')
  directory.version = 2
  now = DEFAULT_RESOLVER_OPTIONS.cacheMs - 1
  expect(await devices(resolver, 'a')).toEqual(['a-v1'])
  now = DEFAULT_RESOLVER_OPTIONS.cacheMs
  expect(await devices(resolver, 'a')).toEqual(['a-v2'])
})

test('hears of changes also when it has forgotten many', async () => {
  const bus = createInProcessBus()
  const directory = startDirectory(bus)
  const resolver = new Resolver(
    bus,
    { now: () => 0 },
    { ...DEFAULT_RESOLVER_OPTIONS, cacheSize: 2 },
  )
  await devices(resolver, 'a')
  await devices(resolver, 'b', 'c')
  directory.version = 2
  bus.publish(SUBJECTS.directoryChanged, directoryChanged.encode({ accountIds: ['a'] }))
  await turn()
  expect(await devices(resolver, 'a')).toEqual(['a-v2'])
})

test('throws when the directory is away', async () => {
  const resolver = new Resolver(createInProcessBus(), { now: () => 0 })
  await expect(devices(resolver, 'a')).rejects.toThrow('no-responders')
})
