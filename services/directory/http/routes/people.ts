/** Other people: their devices, and what one says of them. */
import { createRoute, z } from '@hono/zod-openapi'
import { putConsent, removeConsent } from '../../domain/consents.ts'
import { lookUp } from '../../domain/people.ts'
import type { Api, App } from '../api.ts'
import { authorize } from '../authorize.ts'
import { evenAnswers } from '../even-answers.ts'
import { body, json, PersonParams, problems } from '../schemas.ts'
import { DeviceKeys, toDeviceKeys } from './devices.ts'

const Consent = z.strictObject({ consent: z.enum(['allowed', 'blocked']) })

const peopleRoutes = (api: Api) => {
  const security = [{ bearer: [] }]
  const always = evenAnswers(() => true)
  const person = { params: PersonParams }
  return {
    devices: createRoute({
      method: 'get',
      path: '/v1/people/{network}/{handle}/devices',
      summary: 'The devices at which a person is reached (account or device token)',
      security,
      middleware: [
        evenAnswers((status) => status === 404),
        authorize(api, ['account', 'device'], 'lookUps'),
      ],
      request: person,
      responses: {
        200: json(z.object({ devices: z.array(DeviceKeys) }), 'The devices to seal for.'),
        ...problems('malformed', 'unauthenticated', 'unknown-recipient'),
        ...problems('rate-limited', 'unavailable'),
      },
    }),
    put: createRoute({
      method: 'put',
      path: '/v1/consents/{network}/{handle}',
      summary: 'Allow or block a person (account or device token)',
      security,
      middleware: [always, authorize(api, ['account', 'device'], 'changes')],
      request: { ...person, body: body(Consent) },
      responses: {
        204: { description: 'Noted; the same whether there is anybody or not.' },
        ...problems('malformed', 'unauthenticated', 'too-many-consents'),
        ...problems('rate-limited', 'unavailable'),
      },
    }),
    remove: createRoute({
      method: 'delete',
      path: '/v1/consents/{network}/{handle}',
      summary: 'Take back what was said of a person (account or device token)',
      security,
      middleware: [always, authorize(api, ['account', 'device'], 'changes')],
      request: person,
      responses: {
        204: { description: 'Forgotten; the same whether there was anything or not.' },
        ...problems('malformed', 'unauthenticated', 'rate-limited', 'unavailable'),
      },
    }),
  }
}

export const addPeopleRoutes = (app: App, api: Api): void => {
  const { directory } = api
  const routes = peopleRoutes(api)

  app.openapi(routes.devices, async (c) => {
    const accounts = await lookUp(directory, c.get('caller').accountId, c.req.valid('param'))
    const devices = accounts.flatMap((account) =>
      account.devices.map((device) => toDeviceKeys(account, device)),
    )
    return c.json({ devices }, 200)
  })

  app.openapi(routes.put, async (c) => {
    const { consent } = c.req.valid('json')
    await putConsent(directory, c.get('caller').accountId, c.req.valid('param'), consent)
    return c.body(null, 204)
  })

  app.openapi(routes.remove, async (c) => {
    await removeConsent(directory, c.get('caller').accountId, c.req.valid('param'))
    return c.body(null, 204)
  })
}
