/** Sign-up and sign-in as Instagram has it: a handle, an e-mail address and a password. */
import { createRoute, z } from '@hono/zod-openapi'
import { accountIdOf } from '../../domain/directory.ts'
import { createAccount, issueAccountToken, signInWithPassword } from '../../domain/sign-up.ts'
import { Problem } from '../../problems.ts'
import type { Api, App } from '../api.ts'
import {
  AccountToken,
  body,
  Email,
  InstagramHandle,
  json,
  Password,
  problems,
  Reach,
  SignInAnswer,
} from '../schemas.ts'

const SignUpRequest = z.strictObject({
  handle: InstagramHandle,
  email: Email,
  password: Password,
  reach: Reach.default('allowed'),
})

const SignUpAnswer = z.object({
  accountToken: AccountToken,
  address: z.string().openapi({ example: 'instagram:ada' }),
})

const SignInRequest = z
  .strictObject({
    handle: InstagramHandle.optional(),
    email: Email.optional(),
    password: Password,
  })
  .refine(({ handle, email }) => (handle === undefined) !== (email === undefined), {
    message: 'name exactly one of handle and email',
  })

const postSignUp = createRoute({
  method: 'post',
  path: '/v1/instagram/sign-up',
  summary: 'Create an Instagram account',
  request: { body: body(SignUpRequest) },
  responses: {
    201: json(SignUpAnswer, 'Created.'),
    ...problems('malformed', 'taken', 'rate-limited', 'unavailable'),
  },
})

const postSignIn = createRoute({
  method: 'post',
  path: '/v1/instagram/sign-in',
  summary: 'Sign in to an Instagram account',
  request: { body: body(SignInRequest) },
  responses: {
    200: json(SignInAnswer, 'Signed in.'),
    ...problems('malformed', 'bad-credentials', 'rate-limited', 'unavailable'),
  },
})

export const addInstagramRoutes = (app: App, api: Api): void => {
  const { directory, limit, clientOf } = api
  const emailKey = (email: string): string => directory.ids.lookupKey('instagram-email', email)

  app.openapi(postSignUp, async (c) => {
    const { handle, email, password, reach } = c.req.valid('json')
    limit('signUps', clientOf(c))
    const address = { network: 'instagram', handle } as const
    const passwordHash = await directory.passwords.hash(password)
    const loginKeys = [emailKey(email)]
    const account = { address, reach, passwordHash, loginKeys }
    if ((await createAccount(directory, account)) !== 'created') throw new Problem('taken')
    const accountToken = await issueAccountToken(directory, accountIdOf(directory, address))
    return c.json({ accountToken, address: `instagram:${handle}` }, 201)
  })

  app.openapi(postSignIn, async (c) => {
    const { handle, email = '', password } = c.req.valid('json')
    limit('signIns', clientOf(c))
    const address = handle === undefined ? undefined : `instagram:${handle}`
    const name = address
      ? { accountId: directory.ids.accountId(address) }
      : { loginKey: emailKey(email) }
    limit('signInsPerName', Object.values(name)[0] ?? '')
    const accountId = await signInWithPassword(directory, name, password)
    const accountToken = await issueAccountToken(directory, accountId)
    return c.json(address ? { accountToken, address } : { accountToken }, 200)
  })
}
