/** A TCP socket on which a test writes what no WebSocket library would write. */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { within } from '../../harness/within.ts'

export const SUBPROTOCOLS = {
  whatsapp: 'xmpp',
  messenger: 'mqtt',
  instagram: 'graphql-transport-ws',
} as const

export interface Upgrade {
  readonly path?: string
  /** Undefined: none is offered. */
  readonly subprotocol: string | undefined
  /** Further headers, whole lines. */
  readonly headers?: readonly string[]
}

/** The request of a WebSocket's handshake. */
export const upgradeRequest = (url: string, given: Upgrade): string => {
  const { host, pathname } = new URL(url)
  const { path = pathname, subprotocol, headers = [] } = given
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...(subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
    ...headers,
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

export class RawSocket {
  readonly #socket: Socket
  #heard = Buffer.alloc(0)
  #noticed: (() => void) | undefined
  #isClosed = false
  /** Resolves when the relay has ended the connection, by whatever means. */
  readonly closed: Promise<void>

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (data: Buffer) => {
      this.#heard = Buffer.concat([this.#heard, data])
      this.#noticed?.()
    })
    socket.on('error', () => undefined)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.closed = promise
    const close = (): void => {
      this.#isClosed = true
      this.#noticed?.()
      resolve()
    }
    socket.once('end', close)
    socket.once('close', close)
  }

  static async open(url: string): Promise<RawSocket> {
    const { hostname, port } = new URL(url)
    // It never ends by itself, not even when the relay has.
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new RawSocket(socket)
  }

  /** An open WebSocket on which nothing was said yet. */
  static async upgraded(url: string, upgrade: Upgrade): Promise<RawSocket> {
    const raw = await RawSocket.open(url)
    raw.write(upgradeRequest(url, upgrade))
    await raw.hears(({ text }) => text.includes('\r\n\r\n'), 'the answer to the handshake')
    if (raw.status !== 101) throw new Error(`no WebSocket: ${raw.text}`)
    return raw
  }

  get text(): string {
    return this.#heard.toString('latin1')
  }

  /** Of the answer to the handshake; 0: there was none. */
  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3}) /.exec(this.text)?.[1] ?? 0)
  }

  /** The frames that came behind the handshake's answer. */
  get frames(): readonly ReadFrame[] {
    return readFrames(this.#heard.subarray(this.#heard.indexOf('\r\n\r\n') + 4))
  }

  /** The code of the close frame that came; 1006: none did. */
  get closeCode(): number {
    const close = this.frames.find(({ opcode }) => opcode === OPCODE.close)
    return close && close.payload.length >= 2 ? close.payload.readUInt16BE(0) : 1006
  }

  write(bytes: string | Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes)
  }

  pause(): void {
    this.#socket.pause()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Waits until the relay has ended the connection, and lets go. */
  async ended(ms = 8000): Promise<this> {
    await within(this.closed, 'the relay to end the connection', ms).finally(() => this.destroy())
    return this
  }

  /** Waits until something has come that fits. @throws Error when the connection ends before. */
  async hears(fits: (raw: this) => boolean, what: string, ms = 8000): Promise<void> {
    await within(this.#until(fits), what, ms)
    if (!fits(this)) throw new Error(`the relay ended the connection before ${what}`)
  }

  /** Waits until the relay says the close or ends the connection, and lets go. */
  async over(): Promise<void> {
    const isOver = this.#until(({ closeCode }) => closeCode !== 1006)
    await within(isOver, 'the relay to close').finally(() => this.destroy())
  }

  async #until(fits: (raw: this) => boolean): Promise<void> {
    while (!fits(this) && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#noticed = resolve
      })
    }
  }
}

export const OPCODE = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const

export interface Frame {
  /** FIN, the reserved bits and the opcode, as they stand in RFC 6455 section 5.2. */
  readonly first: number
  readonly payload?: Uint8Array
  /** What the frame says its length is, if not the payload's. */
  readonly announced?: bigint
  readonly masked?: boolean
}

export const FIN = 0x80

export const frame = ({ first, payload = Buffer.alloc(0), announced, masked = true }: Frame) => {
  const length = announced ?? BigInt(payload.length)
  const mask = masked ? 0x80 : 0
  const head = Buffer.alloc(length < 126n ? 2 : length < 65_536n ? 4 : 10)
  head[0] = first
  if (length < 126n) head[1] = mask | Number(length)
  else if (length < 65_536n) {
    head[1] = mask | 126
    head.writeUInt16BE(Number(length), 2)
  } else {
    head[1] = mask | 127
    head.writeBigUInt64BE(length, 2)
  }
  // A masking key of zeros leaves the payload as it is.
  return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0), payload])
}

export interface ReadFrame {
  readonly opcode: number
  readonly payload: Buffer
}

/** What a server sends: frames without a mask. */
const readFrames = (bytes: Buffer): readonly ReadFrame[] => {
  const frames: ReadFrame[] = []
  let at = 0
  while (at + 2 <= bytes.length) {
    const opcode = (bytes[at] ?? 0) & 15
    let length = (bytes[at + 1] ?? 0) & 127
    let start = at + 2
    if (length === 126) {
      length = bytes.readUInt16BE(start)
      start += 2
    } else if (length === 127) {
      length = Number(bytes.readBigUInt64BE(start))
      start += 8
    }
    if (start + length > bytes.length) break
    frames.push({ opcode, payload: bytes.subarray(start, start + length) })
    at = start + length
  }
  return frames
}
