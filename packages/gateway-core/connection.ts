/** A WebSocket as a session's connection. */
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { Connection, Session } from './session.ts'

/** A silent socket is pinged after this long, and given up for dead as long after the ping. */
const PING_AFTER_MS = 30_000
/** A socket that was asked to close and does not is destroyed after this long. */
const CLOSE_TIMEOUT_MS = 5000
/**
 * Bytes up to which frames are merged into one WebSocket message. A connection that drops in the
 * middle of a message loses all of it, so a large one would keep a bad line from ever getting on.
 */
const MERGE_BYTES = 16_384

function* merge(frames: readonly Uint8Array[]): Generator<Uint8Array> {
  let from = 0
  let bytes = 0
  for (const [index, frame] of frames.entries()) {
    if (index > from && bytes + frame.length > MERGE_BYTES) {
      yield Buffer.concat(frames.slice(from, index))
      from = index
      bytes = 0
    }
    bytes += frame.length
  }
  yield Buffer.concat(frames.slice(from))
}

export class WebSocketConnection implements Connection {
  readonly #webSocket: WebSocket
  readonly #socket: Duplex
  readonly #merge: boolean
  #heardAt = 0
  #pingedAt = 0
  #closingAt = 0

  constructor(webSocket: WebSocket, socket: Duplex, merge: boolean) {
    this.#webSocket = webSocket
    this.#socket = socket
    this.#merge = merge
  }

  /** Begins to hand frames to the session. */
  start(session: Session, now: () => number): void {
    this.#heardAt = now()
    this.#webSocket.on('message', (data: RawData, isBinary: boolean) => {
      this.#heardAt = now()
      // ws gives one Buffer a message with its default binaryType.
      session.receive(isBinary ? (data as Buffer) : (data as Buffer).toString())
    })
    this.#webSocket.on('pong', () => {
      this.#heardAt = now()
    })
    // What is wrong with the frames ws answers with the right close code itself (1002, 1007, 1009).
    this.#webSocket.on('error', () => undefined)
  }

  write(frames: readonly (string | Uint8Array)[]): void {
    const [first] = frames
    if (first === undefined || this.#webSocket.readyState !== this.#webSocket.OPEN) return
    if (frames.length === 1) {
      this.#webSocket.send(first)
      return
    }
    const messages = this.#merge ? merge(frames as readonly Uint8Array[]) : frames
    this.#socket.cork()
    for (const message of messages) this.#webSocket.send(message)
    this.#socket.uncork()
  }

  close(code: number, reason: string): void {
    this.#closingAt = this.#heardAt
    this.#webSocket.close(code, reason)
    // The peer's own close must be read, also from a socket that was not read any more.
    this.#webSocket.resume()
  }

  setReading(reading: boolean): void {
    if (reading) this.#webSocket.resume()
    else this.#webSocket.pause()
  }

  buffered(): number {
    return this.#webSocket.bufferedAmount
  }

  /** Destroys the socket without a word. */
  terminate(): void {
    this.#webSocket.terminate()
  }

  /** Pings a silent peer, and gives up one that stays silent: a half-open socket. */
  checkAlive(now: number): void {
    if (this.#closingAt > 0) {
      if (now - this.#closingAt > CLOSE_TIMEOUT_MS + PING_AFTER_MS) this.#webSocket.terminate()
      return
    }
    if (this.#webSocket.isPaused) return
    if (this.#pingedAt > this.#heardAt) {
      if (now - this.#pingedAt >= PING_AFTER_MS) this.#webSocket.terminate()
    } else if (now - this.#heardAt >= PING_AFTER_MS) {
      this.#pingedAt = now
      this.#webSocket.ping()
    }
  }
}
