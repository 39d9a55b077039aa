/** A relay with people, for one story. */
import { App } from './app.ts'
import { callDirectory, signUp, type Account, type Reach } from './people.ts'
import { RelayProcess, type Environment } from './relay.ts'
import type { StockKind } from '../stock/client.ts'

export class World {
  readonly relay: RelayProcess
  readonly #apps: App[] = []
  #people = 0

  private constructor(relay: RelayProcess) {
    this.relay = relay
  }

  static async begin(env?: Environment): Promise<World> {
    return new World(await RelayProcess.start(env))
  }

  /** Calls the directory as somebody. */
  async ask(token: string, method: string, path: string, body?: object): Promise<object> {
    return callDirectory(this.relay, method, path, token, body)
  }

  /** Disconnects everybody and stops the relay. */
  async end(): Promise<void> {
    await Promise.allSettled(this.#apps.map((app) => app.close()))
    await this.relay.dispose()
  }

  /** A new account, open to everyone unless said otherwise. */
  async account(kind: StockKind, reach?: Reach | 'default'): Promise<Account> {
    return signUp(this.relay, kind.network, this.handle(kind), reach)
  }

  /** A handle that nobody in this world has. */
  handle({ network }: StockKind): string {
    this.#people += 1
    const number = String(this.#people).padStart(4, '0')
    return network === 'whatsapp' ? `1415555${number}` : `person${number}`
  }

  /** A new device, not connected; of a new person unless the account is given. */
  async away(kind: StockKind, account?: Account): Promise<App> {
    const app = await App.on(this.relay, kind, account ?? (await this.account(kind)))
    this.#apps.push(app)
    return app
  }

  /** A new device, connected. */
  async online(kind: StockKind, account?: Account): Promise<App> {
    return (await this.away(kind, account)).open()
  }
}
