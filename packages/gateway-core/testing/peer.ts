/** A WebSocket client that waits for what it means, for tests of the shell. */
import { WebSocket } from 'ws'

export class Peer {
  readonly socket: WebSocket
  readonly heard: Record<string, unknown>[] = []
  readonly closed: Promise<{ code: number; reason: string }>
  #wake: () => void = () => undefined

  constructor(url: string, subprotocol = 'plain') {
    this.socket = new WebSocket(url, subprotocol)
    this.socket.on('message', (data: Buffer) => {
      this.heard.push(JSON.parse(data.toString()) as Record<string, unknown>)
      this.#wake()
    })
    this.socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() })
      })
    })
  }

  async open(): Promise<this> {
    await new Promise((resolve, reject) => {
      this.socket.once('open', resolve)
      this.socket.once('error', reject)
    })
    return this
  }

  say(command: object): void {
    this.socket.send(JSON.stringify(command))
  }

  /** Resolves with the first message that fits, now or later. */
  async hears(fits: (message: Record<string, unknown>) => boolean): Promise<object> {
    for (;;) {
      const found = this.heard.find(fits)
      if (found) return found
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
