/** What gateways and routers are answered on the bus. */
import { createHmac, hash, pbkdf2Sync } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { BusError } from '@isthmus/bus/port'
import { SUBJECTS } from '@isthmus/bus/subjects'
import {
  authenticateReply,
  authenticateRequest,
  resolveReply,
  resolveRequest,
  scramReply,
  scramRequest,
} from '@isthmus/proto/codec'
import { randomId } from '@isthmus/runtime/ids'
import { addDevice, request, signUpInstagram, type PersonWithDevice } from './testing/client.ts'
import { startHarness, type Harness } from './testing/harness.ts'

let directory: Harness
let ada: PersonWithDevice
let ben: PersonWithDevice
beforeAll(async () => {
  directory = await startHarness()
  ada = await addDevice(directory, await signUpInstagram(directory, 'ada', 'everyone'))
  ben = await addDevice(directory, await signUpInstagram(directory, 'ben'))
})
afterAll(() => directory.stop())

const ask = (subject: string, data: Uint8Array) => directory.bus.request(subject, data, 5_000)
const idOf = (address: string) => directory.ids.accountId(address)

const authenticate = async (accountId: string, token: string): Promise<string> => {
  const tokenHash = hash('sha256', token, 'buffer')
  const reply = await ask(
    SUBJECTS.authenticate,
    authenticateRequest.encode({ accountId, tokenHash }),
  )
  return authenticateReply.decode(reply).deviceId
}

test('authenticate: the device of this token and this account, or nobody', async () => {
  expect(await authenticate(idOf(ada.address), ada.deviceToken)).toBe(ada.deviceId)
  expect(await authenticate(idOf(ben.address), ada.deviceToken)).toBe('')
  expect(await authenticate(idOf('instagram:nobody'), ada.deviceToken)).toBe('')
  expect(await authenticate(idOf(ada.address), `${ada.deviceToken}x`)).toBe('')
  expect(await authenticate(idOf(ada.address), ada.accountToken)).toBe('')
  expect(await authenticate('', '')).toBe('')
})

test('a token is dead as soon as its device is removed', async () => {
  const spare = await addDevice(directory, ada)
  expect(await authenticate(idOf(ada.address), spare.deviceToken)).toBe(spare.deviceId)
  const path = `/v1/devices/${spare.deviceId}`
  await request(directory.url, 'DELETE', path, { token: ada.accountToken })
  expect(await authenticate(idOf(ada.address), spare.deviceToken)).toBe('')
})

const scram = async (accountId: string) =>
  scramReply.decode(await ask(SUBJECTS.scram, scramRequest.encode({ accountId })))

test('scram: verifiers that the device token fits', async () => {
  const { salt, iterations, verifiers } = await scram(idOf(ada.address))
  expect([salt.length, iterations, verifiers.length]).toEqual([16, 4_096, 1])
  const salted = pbkdf2Sync(ada.deviceToken, salt, iterations, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  expect(verifiers[0]?.deviceId).toBe(ada.deviceId)
  expect(Buffer.from(verifiers[0]!.storedKey)).toEqual(hash('sha256', hmac('Client Key'), 'buffer'))
  expect(Buffer.from(verifiers[0]!.serverKey)).toEqual(hmac('Server Key'))
})

test('scram: an unknown account has a salt too, the same before and after sign-up', async () => {
  const id = idOf('instagram:cleo')
  const before = await scram(id)
  expect(before.verifiers).toEqual([])
  expect(before).toMatchObject({ iterations: 4_096 })
  expect((await scram(id)).salt).toEqual(before.salt)
  expect((await scram(idOf('instagram:other'))).salt).not.toEqual(before.salt)
  await addDevice(directory, await signUpInstagram(directory, 'cleo'))
  expect((await scram(id)).salt).toEqual(before.salt)
})

test('resolve: many questions, answered in their order', async () => {
  const people = [ada.address, 'instagram:nobody', ben.address]
  const questions = Array.from({ length: 300 }, (_, i) => ({
    accountId: idOf(people[i % 3]!),
    pairTag: randomId(),
  }))
  const bytes = resolveRequest.encode({ questions })
  const { resolutions } = resolveReply.decode(await ask(SUBJECTS.resolve, bytes))
  const expected = [[ada.deviceId], [], [ben.deviceId]]
  expect(resolutions).toHaveLength(300)
  resolutions.forEach(({ known, deviceIds }, i) => {
    expect(known).toBe(i % 3 !== 1)
    expect(deviceIds).toEqual(expected[i % 3])
  })
  const none = resolveReply.decode(await ask(SUBJECTS.resolve, new Uint8Array(0)))
  expect(none.resolutions).toEqual([])
})

test('bytes that are no request fail, and harm nothing', async () => {
  const garbage = new Uint8Array([0xff, 0xff, 0xff])
  for (const subject of [SUBJECTS.authenticate, SUBJECTS.scram, SUBJECTS.resolve]) {
    await expect(ask(subject, garbage)).rejects.toThrow(BusError)
  }
  expect(await authenticate(idOf(ada.address), ada.deviceToken)).toBe(ada.deviceId)
})
