/** Registering devices, certificates, revoking. */
import { createPublicKey, verify } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { fromBinary } from '@bufbuild/protobuf'
import {
  SenderCertificateSchema,
  SenderClaimsSchema,
} from '@isthmus/proto/gen/isthmus/v1/content_pb'
import {
  addDevice,
  base64url,
  deviceRequest,
  newIdentity,
  request,
  signInWhatsapp,
  signUpInstagram,
} from './testing/client.ts'
import { startHarness, type Harness } from './testing/harness.ts'

let directory: Harness
beforeAll(async () => {
  directory = await startHarness()
})
afterAll(() => directory.stop())

const call = (method: string, path: string, token: string, body?: unknown) =>
  request(directory.url, method, path, { token, ...(body !== undefined && { body }) })

test('a certificate says what content.proto says, in bytes that anybody can check', async () => {
  const ada = await signUpInstagram(directory, 'ada')
  const body = deviceRequest(ada.address, ada.identity)
  const { status, json } = await call('POST', '/v1/devices', ada.accountToken, body)
  expect(status).toBe(201)
  expect(json.deviceToken).toMatch(/^isth_[A-Za-z0-9_-]{43}$/)
  const realm = await request(directory.url, 'GET', '/v1/realm')
  expect(realm.json.realm).toBe('isthmus.test')

  const encoded = Buffer.from(json.certificate, 'base64url')
  const { claims, identitySignature, realmSignature } = fromBinary(SenderCertificateSchema, encoded)
  expect(base64url(identitySignature)).toBe(body.identitySignature)
  const key = createPublicKey({
    key: Buffer.from(realm.json.certificateKey, 'base64url'),
    format: 'raw-public',
    asymmetricKeyType: 'ed25519',
  })
  const signed = Buffer.concat([Buffer.from('isthmus/v1/certificate'), Buffer.alloc(1), claims])
  expect(verify(undefined, signed, key, realmSignature)).toBe(true)

  const said = fromBinary(SenderClaimsSchema, claims)
  const issuedAt = BigInt(Math.floor(directory.clock.time / 1000))
  expect(said).toMatchObject({ address: 'instagram:ada', deviceId: json.deviceId, issuedAt })
  expect(said.expiresAt - issuedAt).toBe(7n * 86_400n)
  expect(base64url(said.deviceX25519)).toBe(body.x25519)
  expect(base64url(said.deviceEd25519)).toBe(body.ed25519)
  expect(base64url(said.identityEd25519)).toBe(body.identityKey)
})

test('a device renews its certificate, for its own address alone', async () => {
  const ben = await addDevice(directory, await signUpInstagram(directory, 'ben'))
  directory.clock.time += 3_000
  const renew = (address: string) => call('POST', '/v1/certificates', ben.deviceToken, { address })
  const renewed = await renew(ben.address)
  expect(renewed.status).toBe(200)
  const certificate = Buffer.from(renewed.json.certificate, 'base64url')
  const { claims } = fromBinary(SenderCertificateSchema, certificate)
  const { issuedAt, address } = fromBinary(SenderClaimsSchema, claims)
  expect([address, Number(issuedAt)]).toEqual([
    ben.address,
    Math.floor(directory.clock.time / 1000),
  ])
  expect((await renew('instagram:ada')).json.code).toBe('address-mismatch')
  const byAccount = await call('POST', '/v1/certificates', ben.accountToken, {
    address: ben.address,
  })
  expect(byAccount.json.code).toBe('unauthenticated')
})

test('later devices carry the identity of the first', async () => {
  const eve = await addDevice(directory, await signUpInstagram(directory, 'eve'))
  const second = await addDevice(directory, eve)
  const list = await call('GET', '/v1/devices', second.deviceToken)
  expect(list.json.devices.map(({ deviceId }) => deviceId)).toEqual([eve.deviceId, second.deviceId])
  const other = deviceRequest(eve.address, newIdentity())
  const refused = await call('POST', '/v1/devices', eve.accountToken, other)
  expect([refused.status, refused.json.code]).toEqual([409, 'identity-mismatch'])

  directory.changes.length = 0
  const replaced = await call('POST', '/v1/devices', eve.accountToken, {
    ...other,
    replaceIdentity: true,
  })
  expect(replaced.status).toBe(201)
  const left = await call('GET', '/v1/devices', replaced.json.deviceToken)
  expect(left.json.devices).toHaveLength(1)
  expect(left.json.devices[0]?.identityKey).toBe(other.identityKey)
  for (const { deviceId, deviceToken } of [eve, second]) {
    expect((await call('GET', '/v1/devices', deviceToken)).status).toBe(401)
    expect(directory.removedMailboxes).toContain(deviceId)
    expect(directory.changes.at(-1)?.revokedDeviceIds).toContain(deviceId)
  }
})

test('revoking kills the token, announces the device and removes its mailbox', async () => {
  const kim = await addDevice(directory, await signInWhatsapp(directory, '12025550111'))
  const other = await addDevice(directory, kim)
  directory.changes.length = 0
  const foreign = await call('DELETE', `/v1/devices/${other.deviceId}`, kim.deviceToken)
  expect([foreign.status, foreign.json.code]).toEqual([403, 'forbidden'])

  const gone = await call('DELETE', `/v1/devices/${other.deviceId}`, kim.accountToken)
  expect([gone.status, gone.text]).toEqual([204, ''])
  expect((await call('GET', '/v1/devices', other.deviceToken)).status).toBe(401)
  expect(directory.removedMailboxes.at(-1)).toBe(other.deviceId)
  expect(directory.changes).toEqual([
    {
      accountIds: [directory.ids.accountId(kim.address)],
      revokedDeviceIds: [other.deviceId],
      pairTags: [],
    },
  ])
  const again = await call('DELETE', `/v1/devices/${other.deviceId}`, kim.accountToken)
  expect([again.status, again.json.code]).toEqual([404, 'unknown-device'])
  const itself = await call('DELETE', `/v1/devices/${kim.deviceId}`, kim.deviceToken)
  expect(itself.status).toBe(204)
})

test('an account has sixteen devices at most, also when they come at once', async () => {
  const max = await signUpInstagram(directory, 'max')
  const attempts = Array.from({ length: 20 }, () =>
    call('POST', '/v1/devices', max.accountToken, deviceRequest(max.address, max.identity)),
  )
  const codes = (await Promise.all(attempts)).map(({ status, json }) => json.code ?? status)
  // One that keeps losing the race is told to come again: never more than sixteen get in.
  const registered = codes.filter((code) => code === 201).length
  const { json } = await call('GET', '/v1/devices', max.accountToken)
  expect(json.devices).toHaveLength(registered)
  expect(registered).toBeLessThanOrEqual(16)
  for (let more = registered; more < 16; more++) await addDevice(directory, max)
  const body = deviceRequest(max.address, max.identity)
  const tooMany = await call('POST', '/v1/devices', max.accountToken, body)
  expect([tooMany.status, tooMany.json.code]).toEqual([409, 'too-many-devices'])
})

test('keys and signatures that are no good are refused', async () => {
  const zed = await signUpInstagram(directory, 'zed')
  const good = deviceRequest(zed.address, zed.identity)
  const post = async (change: object) =>
    (await call('POST', '/v1/devices', zed.accountToken, { ...good, ...change })).json.code
  const zero = base64url(new Uint8Array(32))
  expect(await post({ x25519: zero })).toBe('weak-key')
  expect(await post({ ed25519: zero })).toBe('weak-key')
  expect(await post({ identityKey: zero })).toBe('weak-key')
  expect(await post({ x25519: deviceRequest(zed.address, zed.identity).x25519 })).toBe(
    'bad-signature',
  )
  expect(await post({ identityKey: base64url(newIdentity().publicKey) })).toBe('bad-signature')
  expect(await post({ identitySignature: base64url(new Uint8Array(63)) })).toBe('malformed')
  expect(await post({ x25519: `${good.x25519}=` })).toBe('malformed')
  expect(await post({ x25519: { $ne: 1 } })).toBe('malformed')
  expect(await post({ address: 'instagram:someone.else' })).toBe('address-mismatch')
  expect(await post({ address: 'whatsapp:zed' })).toBe('malformed')
  expect((await call('GET', '/v1/devices', zed.accountToken)).json.devices).toEqual([])
})
