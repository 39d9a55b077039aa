/** One's own person: who may write, where one is reached, which accounts belong together. */
import { createRoute, z } from '@hono/zod-openapi'
import { NETWORKS } from '@isthmus/runtime/address'
import { link, unlink } from '../../domain/links.ts'
import { setReach } from '../../domain/people.ts'
import { Problem } from '../../problems.ts'
import type { Api, App } from '../api.ts'
import { authorize, callerOf } from '../authorize.ts'
import { body, json, problems, Reach } from '../schemas.ts'

const Networks = z.array(z.enum(NETWORKS)).min(1).max(NETWORKS.length)

const ReachRequest = z.strictObject({
  policy: Reach,
  networks: Networks.optional().openapi({
    description: 'The linked networks on which the person is reached; left out: all.',
  }),
})

const ReachAnswer = z.object({ policy: Reach, networks: Networks })

const LinkRequest = z.strictObject({
  accountToken: z.string().max(128).openapi({ description: 'Of the other account.' }),
})

const LinkAnswer = z.object({
  accounts: z.number().int().openapi({ description: 'How many accounts the person now has.' }),
})

const personRoutes = (api: Api) => {
  const security = [{ bearer: [] }]
  return {
    reach: createRoute({
      method: 'put',
      path: '/v1/reach',
      summary: 'Who may write and where one is reached (account or device token)',
      security,
      middleware: authorize(api, ['account', 'device'], 'changes'),
      request: { body: body(ReachRequest) },
      responses: {
        200: json(ReachAnswer, 'What now holds, for all linked accounts.'),
        ...problems('malformed', 'unauthenticated', 'not-linked', 'rate-limited', 'unavailable'),
      },
    }),
    link: createRoute({
      method: 'post',
      path: '/v1/links',
      summary: 'Make two accounts one person’s (both account tokens)',
      security,
      middleware: authorize(api, ['account'], 'changes'),
      request: { body: body(LinkRequest) },
      responses: {
        200: json(LinkAnswer, 'Linked.'),
        ...problems('malformed', 'unauthenticated', 'bad-proof', 'too-many-accounts'),
        ...problems('rate-limited', 'unavailable'),
      },
    }),
    unlink: createRoute({
      method: 'delete',
      path: '/v1/links',
      summary: 'Take this account out of its person (account token)',
      security,
      middleware: authorize(api, ['account'], 'changes'),
      responses: {
        204: { description: 'The account stands by itself.' },
        ...problems('unauthenticated', 'rate-limited', 'unavailable'),
      },
    }),
  }
}

export const addPersonRoutes = (app: App, api: Api): void => {
  const { directory } = api
  const routes = personRoutes(api)

  app.openapi(routes.reach, async (c) => {
    const { policy, networks } = c.req.valid('json')
    const { accountId } = c.get('caller')
    const reached = await setReach(directory, accountId, { policy, networks })
    return c.json({ policy, networks: [...reached] }, 200)
  })

  app.openapi(routes.link, async (c) => {
    const other = await callerOf(directory, c.req.valid('json').accountToken)
    if (!other || other.deviceId !== undefined) throw new Problem('bad-proof')
    const accounts = await link(directory, c.get('caller').accountId, other.accountId)
    return c.json({ accounts: accounts.length }, 200)
  })

  app.openapi(routes.unlink, async (c) => {
    await unlink(directory, c.get('caller').accountId)
    return c.body(null, 204)
  })
}
