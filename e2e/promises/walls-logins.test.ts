/** P6: nobody signs in as another, or acts on what is another's by the directory. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { NETWORKS, type Network } from '@isthmus/runtime/address'
import { addDevice, callDirectory } from '../harness/people.ts'
import { lettersFor } from './support/letters.ts'
import { credentials, Namesakes } from './support/namesakes.ts'
import { Phone } from './support/phone.ts'

let people: Namesakes

beforeAll(async () => {
  people = await Namesakes.begin()
}, 40_000)

afterAll(() => people.end())

/** How each protocol says that these credentials are wrong, which of them it does not say. */
const REFUSED: Record<Network, string> = {
  whatsapp: 'not-authorized',
  messenger: '0x86',
  instagram: '4403',
}

describe.each(NETWORKS)('%s lets nobody in', (network) => {
  const enter = (token: string, handle = people.handle): Promise<Phone> =>
    Phone.connect(people.relay, { network, handle, token })
  const refusal = { said: REFUSED[network] }

  test.each(NETWORKS.filter((name) => name !== network))(
    'with the token that the same handle has on %s',
    async (foreign) => {
      await expect(enter(people.own[foreign].token)).rejects.toMatchObject(refusal)
    },
  )

  test('with the token of somebody else, half a token, or an account token', async () => {
    for (const token of [
      people.other[network].token,
      'isth_',
      people.own[network].account.token,
      `${people.own[network].token}x`,
      people.own[network].token.toLowerCase(),
    ]) {
      await expect(enter(token)).rejects.toMatchObject(refusal)
    }
  })

  test('whom nobody knows', async () => {
    await expect(enter(people.own[network].token, '14155550100')).rejects.toMatchObject(refusal)
  })

  test('whose device was revoked, and ends the connection that it has', async () => {
    const { account } = people.own[network]
    const gone = await addDevice(people.relay, account)
    const phone = await Phone.reading(people.relay, credentials(gone))
    await callDirectory(people.relay, 'DELETE', `/v1/devices/${gone.id}`, account.token)
    const end = await phone.ended()
    expect(end.code).toBe(1008)
    const said = { whatsapp: 'not-authorized', messenger: '0x87', instagram: '' }
    expect(end.said).toBe(said[network])
    await expect(enter(gone.token)).rejects.toMatchObject(refusal)
    // Letters sealed for it are not taken any more.
    const sender = await Phone.connect(people.relay, credentials(people.other.instagram))
    const letters = lettersFor([people.own[network].id, gone.id])
    const answer = await sender.send(account, `to a revoked one on ${network}`, letters)
    expect(answer).toMatchObject({ error: 'STALE_DEVICES', missing: [], extra: [gone.id] })
    await sender.close()
  })
})

describe('the directory', () => {
  const expectRefused = async (call: Promise<unknown>): Promise<void> => {
    await expect(call).rejects.toThrow(/: (400|401|403|404|409) /)
  }

  test('lets nobody touch the devices of another', async () => {
    for (const network of NETWORKS) {
      const victim = people.other[network]
      const { account, token } = people.own[network]
      for (const mine of [account.token, token]) {
        await expectRefused(callDirectory(people.relay, 'DELETE', `/v1/devices/${victim.id}`, mine))
      }
      const address = victim.account.address
      await expectRefused(
        callDirectory(people.relay, 'POST', '/v1/certificates', token, { address }),
      )
      await expectRefused(addDevice(people.relay, { ...account, address }))
      // It is still there, and works.
      await (await Phone.reading(people.relay, credentials(victim))).close()
    }
  })

  test('takes no account token for a device token, nor the other way round', async () => {
    const { account, token } = people.own.instagram
    const { address } = account
    await expectRefused(
      callDirectory(people.relay, 'POST', '/v1/certificates', account.token, { address }),
    )
    await expectRefused(addDevice(people.relay, { ...account, token }))
    await expectRefused(callDirectory(people.relay, 'GET', '/v1/devices', 'isth_nobody'))
  })
})
