/** Brings a one-time code to a phone. A small port: console for development, webhook for SMS. */
import { createHmac, randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'

export interface CodeSender {
  /**
   * @param phone E.164 with its plus.
   * @throws when the code could not be handed over; nothing tells the client.
   */
  readonly send: (phone: string, code: string) => Promise<void>
}

/** Prints the code, phone number and all: for development alone, and it says so. */
export const createConsoleCodeSender = (write: (text: string) => void): CodeSender => ({
  send: async (phone, code) =>
    write(`[development only: no SMS is sent] code for ${phone}: ${code}\n`),
})

export interface WebhookOptions {
  readonly url: string
  /** The key of the signature, shared with the receiver. */
  readonly secret: string
  /** Milliseconds for one attempt. */
  readonly timeoutMs?: number
  readonly attempts?: number
  /** Milliseconds before the second attempt; doubles with each. */
  readonly backoffMs?: number
  readonly now?: () => number
}

/** HMAC-SHA256 over the timestamp, a full stop and the body, in hex. */
export const webhookSignature = (secret: string, timestamp: string, body: string): string =>
  createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')

const isWorthRetrying = (status: number | undefined): boolean =>
  status === undefined || status === 429 || status >= 500

/**
 * POSTs `{"phone","code"}` to an SMS provider's adapter, signed, and tries again on 429, 5xx and
 * lost connections. Every attempt of one code carries the same Idempotency-Key.
 */
export const createWebhookCodeSender = (options: WebhookOptions): CodeSender => {
  const { timeoutMs = 5_000, attempts = 3, backoffMs = 500, now = Date.now } = options
  const post = async (body: string, idempotencyKey: string): Promise<number> => {
    const timestamp = String(Math.floor(now() / 1000))
    const response = await fetch(options.url, {
      method: 'POST',
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        'content-type': 'application/json',
        'idempotency-key': idempotencyKey,
        'isthmus-timestamp': timestamp,
        'isthmus-signature': `sha256=${webhookSignature(options.secret, timestamp, body)}`,
      },
    })
    await response.body?.cancel()
    return response.status
  }
  return {
    send: async (phone, code) => {
      const body = JSON.stringify({ phone, code })
      const key = randomUUID()
      for (let attempt = 1; ; attempt++) {
        const status = await post(body, key).catch(() => undefined)
        if (status !== undefined && status < 300) return
        if (!isWorthRetrying(status) || attempt === attempts) {
          const last = status === undefined ? 'no answer' : `status ${status}`
          throw new Error(`the code webhook failed ${attempt} times, at last with ${last}`)
        }
        // Full jitter, so that a provider that comes back is not met by all at once.
        await wait(Math.random() * backoffMs * 2 ** (attempt - 1), undefined, { ref: false })
      }
    },
  }
}
