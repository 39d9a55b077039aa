/** One WebSocket: frames one by one during a handshake, then handed to a listener. */
import { WebSocket } from 'ws'
import { within } from '../../harness/within.ts'
import type { End } from './client.ts'

type Frame = Buffer

export class Socket {
  readonly #webSocket: WebSocket
  readonly #waiting: Frame[] = []
  #taker: ((frame: Frame) => void) | undefined
  #listener: ((frame: Frame) => void) | undefined
  /** Resolves when the socket is closed, by whatever end. */
  readonly closed: Promise<Pick<End, 'code' | 'reason'>>

  private constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket
    const { promise, resolve } = Promise.withResolvers<Pick<End, 'code' | 'reason'>>()
    this.closed = promise
    webSocket.on('message', (data: Frame) => this.#take(data))
    webSocket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    webSocket.on('error', () => undefined)
  }

  /** @throws Error when there is no WebSocket to be had. */
  static async open(url: string, protocol: string): Promise<Socket> {
    const webSocket = new WebSocket(url, protocol, {
      perMessageDeflate: false,
      handshakeTimeout: 8000,
    })
    const socket = new Socket(webSocket)
    await new Promise<void>((resolve, reject) => {
      webSocket.once('open', resolve)
      webSocket.once('error', reject)
    })
    return socket
  }

  send(frame: string | Uint8Array): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.send(frame)
  }

  /** The next frame; rejects if the socket closes before one comes. */
  async next(what: string): Promise<Frame> {
    const frame = this.#waiting.shift()
    if (frame) return frame
    const { promise, resolve } = Promise.withResolvers<Frame>()
    this.#taker = resolve
    const closed = this.closed.then(({ code, reason }) => {
      throw new SocketClosed(code, reason)
    })
    closed.catch(() => undefined)
    return within(Promise.race([promise, closed]), what)
  }

  /** Hands over what has come and all that comes. */
  listen(listener: (frame: Frame) => void): void {
    this.#listener = listener
    for (const frame of this.#waiting.splice(0)) listener(frame)
  }

  pause(): void {
    this.#webSocket.pause()
  }

  resume(): void {
    this.#webSocket.resume()
  }

  close(): void {
    this.#webSocket.close(1000)
  }

  drop(): void {
    this.#webSocket.terminate()
  }

  #take(frame: Frame): void {
    const taker = this.#taker
    this.#taker = undefined
    if (taker) taker(frame)
    else if (this.#listener) this.#listener(frame)
    else this.#waiting.push(frame)
  }
}

export class SocketClosed extends Error {
  override readonly name = 'SocketClosed'
  readonly code: number

  constructor(code: number, reason: string) {
    super(`closed with ${code} ${reason}`)
    this.code = code
  }
}
