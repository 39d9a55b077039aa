/** The directory, before one has a token: the realm, and sign-up as each network does it. */
import { parseAddress } from '@isthmus/runtime/address'
import type { Realm } from '../credentials.ts'
import { DirectoryError } from './error.ts'
import { createHttp, type HttpOptions } from './http.ts'
import { bytesField, field, optionalTextField, textField } from './read.ts'
import { createSession, type DirectorySession } from './session.ts'

/** Who may write to a person: everyone, or only those whom they allowed (the default). */
export type Reach = 'everyone' | 'allowed'

/** A proved account, for an hour. */
export interface Account {
  /** `isthacct_…` */
  readonly token: string
  /** `network:handle`; undefined when the person signed in without naming the handle. */
  readonly address: string | undefined
  /** Whether this made the account; only WhatsApp's sign-in says so. */
  readonly created?: boolean
}

/** An account whose address is known. */
export type NamedAccount = Account & { readonly address: string }

export interface WhatsAppSignIn {
  /** With or without plus. */
  readonly phone: string
  /** The code that was sent to the phone. */
  readonly code: string
  /** Counts when this makes the account. */
  readonly reach?: Reach
}

export interface InstagramSignUp {
  readonly handle: string
  readonly email: string
  readonly password: string
  readonly reach?: Reach
}

export interface MessengerSignUp {
  readonly name: string
  /** One of the two. */
  readonly email?: string
  readonly phone?: string
  readonly password: string
  /** Made from the name if it is left out. */
  readonly handle?: string
  readonly reach?: Reach
}

export interface PasswordSignIn {
  /** One of the three; phone for Messenger alone. */
  readonly handle?: string
  readonly email?: string
  readonly phone?: string
  readonly password: string
}

/** Everything throws DirectoryError. */
export interface Directory {
  readonly realm: () => Promise<Realm>
  readonly whatsapp: {
    /** Has a one-time code sent. The answer tells nothing about the phone. */
    readonly requestCode: (phone: string) => Promise<void>
    /** Signs in, and up if there is no account yet. */
    readonly signIn: (request: WhatsAppSignIn) => Promise<NamedAccount>
  }
  readonly instagram: {
    readonly signUp: (request: InstagramSignUp) => Promise<NamedAccount>
    readonly signIn: (request: PasswordSignIn) => Promise<Account>
  }
  readonly messenger: {
    readonly signUp: (request: MessengerSignUp) => Promise<NamedAccount>
    readonly signIn: (request: PasswordSignIn) => Promise<Account>
  }
  /** What an account token or a device token opens. */
  readonly as: (token: string) => DirectorySession
}

const readAccount = (answer: unknown): Account => {
  const address = optionalTextField(answer, 'address')
  if (address !== undefined && !parseAddress(address)) {
    throw new DirectoryError('unexpected-answer', { detail: 'the address is not canonical' })
  }
  const account = { token: textField(answer, 'accountToken'), address }
  const created = field(answer, 'created')
  return typeof created === 'boolean' ? { ...account, created } : account
}

const readNamed = (answer: unknown): NamedAccount => {
  const account = readAccount(answer)
  if (account.address === undefined) {
    throw new DirectoryError('unexpected-answer', { detail: 'the answer has no address' })
  }
  return { ...account, address: account.address }
}

export const createDirectory = (options: HttpOptions): Directory => {
  const http = createHttp(options)
  const post = (path: string, body: object): Promise<unknown> =>
    http({ method: 'POST', path, body })
  const realm = async (): Promise<Realm> => {
    const answer = await http({ method: 'GET', path: '/v1/realm' })
    return {
      name: textField(answer, 'realm'),
      certificateKey: bytesField(answer, 'certificateKey', 32),
    }
  }
  return {
    realm,
    whatsapp: {
      requestCode: async (phone) => void (await post('/v1/whatsapp/codes', { phone })),
      signIn: async (request) => readNamed(await post('/v1/whatsapp/sign-in', request)),
    },
    instagram: {
      signUp: async (request) => readNamed(await post('/v1/instagram/sign-up', request)),
      signIn: async (request) => readAccount(await post('/v1/instagram/sign-in', request)),
    },
    messenger: {
      signUp: async (request) => readNamed(await post('/v1/messenger/sign-up', request)),
      signIn: async (request) => readAccount(await post('/v1/messenger/sign-in', request)),
    },
    as: (token) => createSession(http, token, realm),
  }
}
