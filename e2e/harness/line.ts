/**
 * The network between one client and the relay: a TCP proxy that a story can cut or hold, so that
 * a client meets a bad network without knowing that it is in a test.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { within } from './within.ts'

/** `up` is from the client to the relay. */
export type Direction = 'up' | 'down'

export class Line {
  readonly url: string
  readonly #server: Server
  readonly #held = new Set<Direction>()
  readonly #pairs = new Set<Pair>()
  /** How many connections there were. */
  connections = 0
  #plugged = true
  #cuts: { readonly direction: Direction; readonly bytes: number[] } | undefined
  #quiet: (() => void)[] = []

  private constructor(server: Server, target: URL) {
    this.#server = server
    const url = new URL(target)
    url.port = String((server.address() as AddressInfo).port)
    this.url = url.href
    server.on('connection', (client) => this.#join(client, Number(target.port)))
  }

  /** @param target the URL that clients would connect to without the line. */
  static async open(target: string): Promise<Line> {
    const server = createServer({ allowHalfOpen: false, noDelay: true })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new Line(server, new URL(target))
  }

  /** Resets what is connected, with whatever was on its way. New connections are taken. */
  cut(): void {
    for (const pair of this.#pairs) pair.reset()
  }

  /**
   * Cuts when so many bytes more have gone in a direction, in the middle of something; then again
   * after the next number of bytes, and so on.
   */
  cutAfter(direction: Direction, bytes: readonly number[]): void {
    this.#cuts = { direction, bytes: [...bytes] }
  }

  /** Resets what is connected and refuses what comes, until `plug`. */
  unplug(): void {
    this.#plugged = false
    this.cut()
  }

  plug(): void {
    this.#plugged = true
  }

  /** Stalls a direction, as a bad network does: who writes meets back pressure. A cut loses it. */
  hold(direction: Direction): void {
    this.#held.add(direction)
    for (const pair of this.#pairs) pair.from(direction).pause()
  }

  release(direction: Direction): void {
    this.#held.delete(direction)
    for (const pair of this.#pairs) pair.from(direction).resume()
  }

  /** Resolves when nothing is connected: the relay has read all that the client wrote. */
  async quiet(): Promise<void> {
    if (this.#pairs.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#quiet.push(resolve)
    await within(promise, 'the connection to end')
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(client: Socket, port: number): void {
    if (!this.#plugged) {
      client.resetAndDestroy()
      return
    }
    this.connections += 1
    const relay = connect({ port, host: '127.0.0.1', noDelay: true })
    const passes = (direction: Direction, data: Buffer): number => this.#count(direction, data)
    const pair = new Pair(client, relay, passes, () => {
      this.#pairs.delete(pair)
      if (this.#pairs.size > 0) return
      for (const resolve of this.#quiet.splice(0)) resolve()
    })
    this.#pairs.add(pair)
    for (const direction of this.#held) pair.from(direction).pause()
  }

  /** How many of these bytes still pass; fewer than there are: the line is cut behind them. */
  #count(direction: Direction, data: Buffer): number {
    const [next] = this.#cuts?.bytes ?? []
    if (this.#cuts?.direction !== direction || next === undefined) return data.length
    if (next >= data.length) {
      this.#cuts.bytes[0] = next - data.length
      return data.length
    }
    this.#cuts.bytes.shift()
    return next
  }
}

class Pair {
  readonly #client: Socket
  readonly #relay: Socket

  constructor(
    client: Socket,
    relay: Socket,
    passes: (direction: Direction, data: Buffer) => number,
    ended: () => void,
  ) {
    this.#client = client
    this.#relay = relay
    let open = 2
    const pipe = (from: Socket, to: Socket, direction: Direction): void => {
      from.on('data', (data: Buffer) => {
        const bytes = passes(direction, data)
        to.write(data.subarray(0, bytes))
        if (bytes === data.length) return
        // What passed still arrives, and then an end in the middle of a frame.
        to.end()
        from.resetAndDestroy()
      })
      from.on('error', () => to.destroy())
      from.on('close', () => {
        to.end()
        open -= 1
        if (open === 0) ended()
      })
    }
    pipe(client, relay, 'up')
    pipe(relay, client, 'down')
  }

  /** The socket from which a direction's bytes come. */
  from(direction: Direction): Socket {
    return direction === 'up' ? this.#client : this.#relay
  }

  reset(): void {
    this.#client.resetAndDestroy()
    this.#relay.resetAndDestroy()
  }
}
