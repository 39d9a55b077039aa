/** Where one-time codes arrive: an SMS provider's webhook, and what it was sent. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { until } from './until.ts'

export class CodeBox {
  readonly #codes = new Map<string, string>()
  /** Phone numbers to which nothing can be sent: what the relay logs of them is searched too. */
  readonly unreachable = new Set<string>()

  /** The relay hands over a code. */
  readonly put = (phone: string, code: string): boolean => {
    if (this.unreachable.has(phone)) return false
    this.#codes.set(phone, code)
    return true
  }

  /** @param phone E.164 with its plus. */
  async codeOf(phone: string): Promise<string> {
    await until(`a code for ${phone}`, () => this.#codes.has(phone))
    return this.#codes.get(phone) ?? ''
  }
}

export interface Webhook {
  readonly env: Readonly<Record<string, string>>
  readonly close: () => Promise<void>
}

/** The webhook, and the environment with which a relay sends its codes there. */
export const openWebhook = async (box: CodeBox): Promise<Webhook> => {
  const server: Server = createServer((request, response) => {
    let body = ''
    request.on('data', (data: Buffer) => (body += data.toString()))
    request.on('end', () => {
      const { phone, code } = JSON.parse(body) as { phone: string; code: string }
      response.writeHead(box.put(phone, code) ? 204 : 400).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    env: {
      ISTHMUS_CODE_WEBHOOK_URL: `http://127.0.0.1:${port}/codes`,
      ISTHMUS_CODE_WEBHOOK_SECRET: 'a secret that only the two of them share',
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
