/**
 * P6: nobody reaches a person who has not consented, and whoever may not know of a person is told
 * what is told of people who do not exist.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { NETWORKS, type Address, type Network } from '@isthmus/runtime/address'
import { addDevice, callDirectory, signUp, type Account, type Device } from '../harness/people.ts'
import { RelayProcess } from '../harness/relay.ts'
import { ACCEPTED, type Answer, type Credentials } from './support/client.ts'
import { lettersFor } from './support/letters.ts'
import { Phone } from './support/phone.ts'

let relay: RelayProcess
let people = 0

beforeAll(async () => {
  relay = await RelayProcess.start()
}, 30_000)

afterAll(() => relay.dispose())

const credentials = ({ account, token }: Device): Credentials => ({
  network: account.network,
  handle: account.handle,
  token,
})

const join = async (network: Network, reach: 'everyone' | 'default'): Promise<Device> => {
  people += 1
  const account = await signUp(relay, network, String(15_550_000_000 + people), reach)
  return addDevice(relay, account)
}

const consent = async (of: Device, to: Account, said: 'allowed' | 'blocked'): Promise<void> => {
  const path = `/v1/consents/${to.network}/${to.handle}`
  await callDirectory(relay, 'PUT', path, of.token, { consent: said })
}

const NOBODY: Address = { network: 'messenger', handle: 'nobody.at.all' }

describe.each(NETWORKS)('from %s', (network) => {
  let sender: Device
  let phone: Phone
  let submissions = 0

  beforeAll(async () => {
    sender = await join(network, 'default')
    phone = await Phone.connect(relay, credentials(sender))
  })
  afterAll(() => phone.close())

  const send = (to: Address, device: Device): Promise<Answer> =>
    phone.send(to, `m${submissions++}`, lettersFor([device.id]))

  test('a stranger is told of a person who has not consented what is told of nobody', async () => {
    const recipient = await join('messenger', 'default')
    const refused = await send(recipient.account, recipient)
    expect(refused.error).toBe('UNKNOWN_RECIPIENT')
    expect(await send(NOBODY, recipient)).toEqual(refused)
    // Also with wrong devices, or if the person has said no.
    expect(await send(recipient.account, sender)).toEqual(refused)
    await consent(recipient, sender.account, 'blocked')
    expect(await send(recipient.account, recipient)).toEqual(refused)
    const path = `/v1/people/messenger/${recipient.account.handle}/devices`
    const nobody = `/v1/people/messenger/${NOBODY.handle}/devices`
    const looked = async (at: string): Promise<string> =>
      callDirectory(relay, 'GET', at, sender.token).then(String, String)
    const answers = [await looked(path), await looked(nobody)]
    expect(answers[0]).toContain('404')
    expect(answers[0]?.replace(path, '')).toBe(answers[1]?.replace(nobody, ''))
  })

  test('consent opens, on a connection that is there, and a block closes at once', async () => {
    const recipient = await join('whatsapp', 'default')
    expect((await send(recipient.account, recipient)).error).toBe('UNKNOWN_RECIPIENT')
    await consent(recipient, sender.account, 'allowed')
    expect(await send(recipient.account, recipient)).toEqual(ACCEPTED)
    await consent(recipient, sender.account, 'blocked')
    expect((await send(recipient.account, recipient)).error).toBe('UNKNOWN_RECIPIENT')
    const reader = await Phone.reading(relay, credentials(recipient))
    expect((await reader.take()).sequence).toBe(1)
    await consent(recipient, sender.account, 'allowed')
    expect(await send(recipient.account, recipient)).toEqual(ACCEPTED)
    expect((await reader.take()).sequence).toBe(2)
    expect(reader.letters.size).toBe(0)
    await reader.close()
  })

  test('a block of somebody who is open to everyone is said, and holds', async () => {
    const recipient = await join('instagram', 'everyone')
    expect(await send(recipient.account, recipient)).toEqual(ACCEPTED)
    await consent(recipient, sender.account, 'blocked')
    expect((await send(recipient.account, recipient)).error).toBe('REFUSED')
    // Of another sender nothing was said.
    const other = await join(network, 'default')
    const friend = await Phone.connect(relay, credentials(other))
    expect(await friend.send(recipient.account, 'hello', lettersFor([recipient.id]))).toEqual(
      ACCEPTED,
    )
    await friend.close()
  })

  test('consent of one person is not consent of another', async () => {
    const [one, two] = [await join('messenger', 'default'), await join('messenger', 'default')]
    await consent(one, sender.account, 'allowed')
    expect(await send(one.account, one)).toEqual(ACCEPTED)
    expect((await send(two.account, two)).error).toBe('UNKNOWN_RECIPIENT')
    // Nor does it hold the other way round.
    const phoneOfOne = await Phone.connect(relay, credentials(one))
    const back = await phoneOfOne.send(sender.account, 'back', lettersFor([sender.id]))
    expect(back.error).toBe('UNKNOWN_RECIPIENT')
    await phoneOfOne.close()
  })
})
