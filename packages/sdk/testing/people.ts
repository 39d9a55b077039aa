/** Two people with a client each, on a relay in memory. */
import { IsthmusClient } from '../client.ts'
import type { ClientOptions } from '../client/options.ts'
import type { Credentials } from '../credentials.ts'
import { FakeRelay } from './fake-relay.ts'
import { VirtualClock } from './virtual-clock.ts'

export class World {
  readonly clock: VirtualClock
  readonly relay: FakeRelay
  readonly #clients: IsthmusClient[] = []

  private constructor(clock: VirtualClock, relay: FakeRelay) {
    this.clock = clock
    this.relay = relay
  }

  static async start(): Promise<World> {
    const clock = new VirtualClock()
    return new World(clock, await FakeRelay.start(clock))
  }

  /** A client on a device; it is closed with the world. */
  client(credentials: Credentials, options: Partial<ClientOptions> = {}): IsthmusClient {
    const { relay, clock } = this
    const { directory, transport } = relay
    const random = (): number => 0.5
    const client = new IsthmusClient({
      ...{ credentials, directory, transport, clock, random },
      ...options,
    })
    this.#clients.push(client)
    return client
  }

  /** A new device's client, online. */
  async join(address: string, options: Partial<ClientOptions> = {}): Promise<IsthmusClient> {
    const client = this.client(await this.relay.device(address), options)
    await client.connect()
    return client
  }

  async end(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()))
  }
}
