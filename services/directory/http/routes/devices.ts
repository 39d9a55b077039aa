import { createRoute, z } from '@hono/zod-openapi'
import type { AccountRecord, DeviceRecord } from '@isthmus/directory-store/port'
import { registerDevice, removeDevice, renewCertificate } from '../../domain/devices.ts'
import { Problem } from '../../problems.ts'
import type { Api, App } from '../api.ts'
import { authorize } from '../authorize.ts'
import { AddressText, body, bytesOf, json, problems } from '../schemas.ts'

const NewDevice = z.strictObject({
  address: AddressText,
  x25519: bytesOf(32, 'The device’s X25519 public key, 32 bytes.'),
  ed25519: bytesOf(32, 'The device’s Ed25519 public key, 32 bytes.'),
  identityKey: bytesOf(32, 'The account’s Ed25519 identity public key, 32 bytes.'),
  identitySignature: bytesOf(64, 'By the identity key over the device’s keys, 64 bytes.'),
  replaceIdentity: z.boolean().default(false).openapi({
    description: 'Replace another identity key, which revokes all older devices.',
  }),
})

const Certificate = z.string().openapi({ description: 'An encoded SenderCertificate, base64url.' })

const RegisteredDevice = z.object({
  deviceId: z.string(),
  deviceToken: z.string().openapi({ description: 'isth_ and 43 characters. Shown this once.' }),
  certificate: Certificate,
})

/** What others need to seal for a device, and to check it. */
export const DeviceKeys = z
  .object({
    deviceId: z.string(),
    x25519: z.string(),
    ed25519: z.string(),
    identityKey: z.string(),
    identitySignature: z.string(),
  })
  .openapi('DeviceKeys')

const OwnDevice = DeviceKeys.extend({
  registeredAt: z.number().int().openapi({ description: 'Milliseconds since the Unix epoch.' }),
}).openapi('OwnDevice')

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

export const toDeviceKeys = (account: AccountRecord, device: DeviceRecord) => ({
  deviceId: device.id as string,
  x25519: text(device.x25519),
  ed25519: text(device.ed25519),
  identityKey: text(account.identityKey ?? new Uint8Array(0)),
  identitySignature: text(device.identitySignature),
})

const deviceRoutes = (api: Api) => {
  const security = [{ bearer: [] }]
  return {
    post: createRoute({
      method: 'post',
      path: '/v1/devices',
      summary: 'Register a device (account token)',
      security,
      middleware: authorize(api, ['account'], 'changes'),
      request: { body: body(NewDevice) },
      responses: {
        201: json(RegisteredDevice, 'Registered.'),
        ...problems('malformed', 'weak-key', 'bad-signature', 'unauthenticated'),
        ...problems('address-mismatch', 'identity-mismatch', 'too-many-devices'),
        ...problems('rate-limited', 'unavailable'),
      },
    }),
    list: createRoute({
      method: 'get',
      path: '/v1/devices',
      summary: 'The account’s own devices (account or device token)',
      security,
      middleware: authorize(api, ['account', 'device'], 'changes'),
      responses: {
        200: json(z.object({ devices: z.array(OwnDevice) }), 'The devices.'),
        ...problems('unauthenticated', 'rate-limited', 'unavailable'),
      },
    }),
    remove: createRoute({
      method: 'delete',
      path: '/v1/devices/{deviceId}',
      summary: 'Revoke a device (account token, or the device’s own token)',
      security,
      middleware: authorize(api, ['account', 'device'], 'changes'),
      request: { params: z.strictObject({ deviceId: z.string().max(64) }) },
      responses: {
        204: { description: 'Revoked: token dead, sockets closed, mailbox removed.' },
        ...problems('malformed', 'unauthenticated', 'forbidden', 'unknown-device'),
        ...problems('rate-limited', 'unavailable'),
      },
    }),
    certificate: createRoute({
      method: 'post',
      path: '/v1/certificates',
      summary: 'A fresh certificate (device token)',
      security,
      middleware: authorize(api, ['device'], 'changes'),
      request: { body: body(z.strictObject({ address: AddressText })) },
      responses: {
        200: json(z.object({ certificate: Certificate }), 'Valid for 7 days.'),
        ...problems('malformed', 'unauthenticated', 'address-mismatch'),
        ...problems('rate-limited', 'unavailable'),
      },
    }),
  }
}

export const addDeviceRoutes = (app: App, api: Api): void => {
  const { directory } = api
  const routes = deviceRoutes(api)

  app.openapi(routes.post, async (c) => {
    const { accountId } = c.get('caller')
    const { certificate, ...device } = await registerDevice(
      directory,
      accountId,
      c.req.valid('json'),
    )
    return c.json({ ...device, certificate: text(certificate) }, 201)
  })

  app.openapi(routes.list, async (c) => {
    const account = await directory.store.account(c.get('caller').accountId)
    if (!account) throw new Problem('unauthenticated')
    const devices = account.devices.map((device) => ({
      ...toDeviceKeys(account, device),
      registeredAt: device.registeredAt,
    }))
    return c.json({ devices }, 200)
  })

  app.openapi(routes.remove, async (c) => {
    const { accountId, deviceId: own } = c.get('caller')
    const { deviceId } = c.req.valid('param')
    if (own !== undefined && own !== deviceId) throw new Problem('forbidden')
    await removeDevice(directory, accountId, deviceId)
    return c.body(null, 204)
  })

  app.openapi(routes.certificate, async (c) => {
    const { accountId, deviceId } = c.get('caller')
    const { address } = c.req.valid('json')
    if (deviceId === undefined) throw new Problem('unauthenticated')
    const certificate = await renewCertificate(directory, accountId, deviceId, address)
    return c.json({ certificate: text(certificate) }, 200)
  })
}
