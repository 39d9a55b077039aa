/** Sign-up and sign-in as Messenger has it: a name, an e-mail address or phone, a password. */
import { createRoute, z } from '@hono/zod-openapi'
import { accountIdOf, type Directory } from '../../domain/directory.ts'
import { handleFromName } from '../../domain/handles.ts'
import { createAccount, issueAccountToken, signInWithPassword } from '../../domain/sign-up.ts'
import { Problem } from '../../problems.ts'
import type { Api, App } from '../api.ts'
import {
  AccountToken,
  body,
  Email,
  json,
  MessengerHandle,
  Password,
  Phone,
  problems,
  Reach,
  SignInAnswer,
} from '../schemas.ts'

const exactlyOne = (...values: readonly unknown[]): boolean =>
  values.filter((value) => value !== undefined).length === 1

const SignUpRequest = z
  .strictObject({
    name: z.string().trim().min(1).max(100).openapi({ example: 'Ada Lovelace' }),
    email: Email.optional(),
    phone: Phone.optional(),
    password: Password,
    handle: MessengerHandle.optional().openapi({ description: 'Made from the name if left out.' }),
    reach: Reach.default('allowed'),
  })
  .refine(({ email, phone }) => exactlyOne(email, phone), {
    message: 'name exactly one of email and phone',
  })

const SignUpAnswer = z.object({
  accountToken: AccountToken,
  address: z.string().openapi({ example: 'messenger:ada.lovelace' }),
})

const SignInRequest = z
  .strictObject({
    handle: MessengerHandle.optional(),
    email: Email.optional(),
    phone: Phone.optional(),
    password: Password,
  })
  .refine(({ handle, email, phone }) => exactlyOne(handle, email, phone), {
    message: 'name exactly one of handle, email and phone',
  })

const postSignUp = createRoute({
  method: 'post',
  path: '/v1/messenger/sign-up',
  summary: 'Create a Messenger account',
  request: { body: body(SignUpRequest) },
  responses: {
    201: json(SignUpAnswer, 'Created. Neither name nor e-mail address nor phone is stored.'),
    ...problems('malformed', 'taken', 'rate-limited', 'unavailable'),
  },
})

const postSignIn = createRoute({
  method: 'post',
  path: '/v1/messenger/sign-in',
  summary: 'Sign in to a Messenger account',
  request: { body: body(SignInRequest) },
  responses: {
    200: json(SignInAnswer, 'Signed in.'),
    ...problems('malformed', 'bad-credentials', 'rate-limited', 'unavailable'),
  },
})

/** Exactly one of the two is given. */
const loginKey = (
  { ids }: Directory,
  { email, phone = '' }: { email?: string | undefined; phone?: string | undefined },
): string =>
  email === undefined
    ? ids.lookupKey('messenger-phone', phone)
    : ids.lookupKey('messenger-email', email)

/** Handles made from a name that are tried before giving up. */
const HANDLE_ATTEMPTS = 6

type SignUp = Omit<z.output<typeof SignUpRequest>, 'password'> & { passwordHash: string }

/** Creates the account under the handle that was asked for, or the first free one that fits. */
const signUp = async (directory: Directory, request: SignUp): Promise<string> => {
  const { name, handle, reach, passwordHash } = request
  const loginKeys = [loginKey(directory, request)]
  for (let attempt = 0; attempt < (handle === undefined ? HANDLE_ATTEMPTS : 1); attempt++) {
    const chosen = handle ?? handleFromName(name, attempt)
    const address = { network: 'messenger', handle: chosen } as const
    const account = { address, reach, passwordHash, loginKeys }
    const outcome = await createAccount(directory, account)
    if (outcome === 'created') return chosen
    if (outcome === 'login-taken') break
  }
  throw new Problem('taken')
}

export const addMessengerRoutes = (app: App, api: Api): void => {
  const { directory, limit, clientOf } = api

  app.openapi(postSignUp, async (c) => {
    const { password, ...request } = c.req.valid('json')
    limit('signUps', clientOf(c))
    const passwordHash = await directory.passwords.hash(password)
    const handle = await signUp(directory, { ...request, passwordHash })
    const accountId = accountIdOf(directory, { network: 'messenger', handle })
    const accountToken = await issueAccountToken(directory, accountId)
    return c.json({ accountToken, address: `messenger:${handle}` }, 201)
  })

  app.openapi(postSignIn, async (c) => {
    const { handle, password, ...login } = c.req.valid('json')
    limit('signIns', clientOf(c))
    const address = handle === undefined ? undefined : `messenger:${handle}`
    const name = address
      ? { accountId: directory.ids.accountId(address) }
      : { loginKey: loginKey(directory, login) }
    limit('signInsPerName', Object.values(name)[0] ?? '')
    const accountId = await signInWithPassword(directory, name, password)
    const accountToken = await issueAccountToken(directory, accountId)
    return c.json(address ? { accountToken, address } : { accountToken }, 200)
  })
}
