/** Sign-up and sign-in as WhatsApp has it: a phone number, proved by a one-time code. */
import { createRoute, z } from '@hono/zod-openapi'
import { createAccount, issueAccountToken } from '../../domain/sign-up.ts'
import { accountIdOf } from '../../domain/directory.ts'
import type { Api, App } from '../api.ts'
import { AccountToken, body, json, Phone, problems, Reach } from '../schemas.ts'

const CodeRequest = z.strictObject({ phone: Phone })

const SignInRequest = z.strictObject({
  phone: Phone,
  code: z.string().regex(/^[0-9]{6}$/),
  reach: Reach.default('allowed'),
})

const SignInAnswer = z.object({
  accountToken: AccountToken,
  address: z.string().openapi({ example: 'whatsapp:14155550123' }),
  created: z.boolean().openapi({ description: 'Whether the account is new.' }),
})

const postCode = createRoute({
  method: 'post',
  path: '/v1/whatsapp/codes',
  summary: 'Send a one-time code to a phone number',
  request: { body: body(CodeRequest) },
  responses: {
    202: json(z.object({}), 'The same, whether the number has an account or not.'),
    ...problems('malformed', 'rate-limited', 'unavailable'),
  },
})

const postSignIn = createRoute({
  method: 'post',
  path: '/v1/whatsapp/sign-in',
  summary: 'Sign up or in with the code that came',
  request: { body: body(SignInRequest) },
  responses: {
    200: json(SignInAnswer, 'Signed in.'),
    ...problems('malformed', 'wrong-code', 'rate-limited', 'unavailable'),
  },
})

export const addWhatsappRoutes = (app: App, api: Api): void => {
  const { directory, codes, limit, clientOf } = api
  const nameOf = (phone: string): string => directory.ids.lookupKey('limited-name', phone)

  app.openapi(postCode, async (c) => {
    const { phone } = c.req.valid('json')
    limit('codes', clientOf(c))
    limit('codesPerPhone', nameOf(phone))
    await codes.request(phone)
    return c.json({}, 202)
  })

  app.openapi(postSignIn, async (c) => {
    const { phone, code, reach } = c.req.valid('json')
    limit('signIns', clientOf(c))
    limit('signInsPerName', nameOf(phone))
    await codes.redeem(phone, code)
    const address = { network: 'whatsapp', handle: phone } as const
    const created = (await createAccount(directory, { address, reach })) === 'created'
    const accountToken = await issueAccountToken(directory, accountIdOf(directory, address))
    return c.json({ accountToken, address: `whatsapp:${phone}`, created }, 200)
  })
}
