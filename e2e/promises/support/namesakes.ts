/** Three different people who have one handle, each on their own network, and three others. */
import { NETWORKS, type Network } from '@isthmus/runtime/address'
import { addDevice, signUp, type Device } from '../../harness/people.ts'
import { RelayProcess } from '../../harness/relay.ts'
import type { Credentials } from './client.ts'

export const credentials = ({ token, account }: Device): Credentials => ({
  network: account.network,
  handle: account.handle,
  token,
})

export class Namesakes {
  readonly relay: RelayProcess
  readonly handle = '14155550123'
  readonly otherHandle = '14155550199'
  /** The people who have the handle, and those who have the other one. */
  readonly own: Readonly<Record<Network, Device>>
  readonly other: Readonly<Record<Network, Device>>

  private constructor(
    relay: RelayProcess,
    own: Readonly<Record<Network, Device>>,
    other: Readonly<Record<Network, Device>>,
  ) {
    this.relay = relay
    this.own = own
    this.other = other
  }

  static async begin(): Promise<Namesakes> {
    const relay = await RelayProcess.start()
    const everywhere = async (handle: string): Promise<Record<Network, Device>> => {
      const made = NETWORKS.map(async (network) => {
        const account = await signUp(relay, network, handle)
        return [network, await addDevice(relay, account)] as const
      })
      return Object.fromEntries(await Promise.all(made)) as Record<Network, Device>
    }
    return new Namesakes(relay, await everywhere('14155550123'), await everywhere('14155550199'))
  }

  end(): Promise<void> {
    return this.relay.dispose()
  }
}
