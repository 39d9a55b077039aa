/** Three people, one on each network, who sign up over the public API. */
import { randomInt } from 'node:crypto'
import { IsthmusClient } from '@isthmus/sdk/client'
import {
  createDirectory,
  type Directory,
  type NamedAccount,
} from '@isthmus/sdk/directory/directory'
import { graphql } from '@isthmus/sdk/transports/graphql'
import { mqtt } from '@isthmus/sdk/transports/mqtt'
import type { Transport } from '@isthmus/sdk/transports/port'
import { xmpp } from '@isthmus/sdk/transports/xmpp'
import type { DemoRelay } from './relay.ts'

export interface Person {
  readonly name: string
  readonly client: IsthmusClient
}

/** Handles are new in each run, since a running relay remembers those of the last one. */
const suffix = String(randomInt(100_000, 999_999))
const PASSWORD = 'a long demo password'

const become = async (
  name: string,
  directory: Directory,
  transport: Transport,
  account: NamedAccount,
): Promise<Person> => {
  const { token, address } = account
  const credentials = await directory.as(token).registerDevice({ address })
  return { name, client: new IsthmusClient({ credentials, directory, transport }) }
}

const signUpWill = async (directory: Directory, relay: DemoRelay): Promise<NamedAccount> => {
  const phone = `+1415${suffix}0`
  await directory.whatsapp.requestCode(phone)
  const code = await relay.codeOf(phone)
  return directory.whatsapp.signIn({ phone, code })
}

export const signUpThree = async (relay: DemoRelay): Promise<Person[]> => {
  const directory = createDirectory({ url: relay.urls.directory })
  const email = `ines.${suffix}@mail.example`
  const will = await signUpWill(directory, relay)
  const mia = await directory.messenger.signUp({
    name: 'Mia Moretti',
    handle: `mia.${suffix}`,
    email: `mia.${suffix}@mail.example`,
    password: PASSWORD,
  })
  const ines = await directory.instagram.signUp({
    handle: `ines_${suffix}`,
    email,
    password: PASSWORD,
  })
  return Promise.all([
    become('Will', directory, xmpp({ url: relay.urls.whatsapp }), will),
    become('Mia', directory, mqtt({ url: relay.urls.messenger }), mia),
    become('Ines', directory, graphql({ url: relay.urls.instagram }), ines),
  ])
}
