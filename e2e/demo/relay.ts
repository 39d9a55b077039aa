/** The relay that the demo talks to: one that runs already, or its own. */
import type { Bus } from '@isthmus/bus/port'
import { readRelayConfig } from '@isthmus/all-in-one/config'
import { startRelay, type Relay } from '@isthmus/all-in-one/relay'
import { silentLogger } from '@isthmus/runtime/logger'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'

export interface DemoRelay {
  readonly urls: Relay['urls']
  /** True if the demo started it and can look inside. */
  readonly own: boolean
  /** The one-time code that was sent to a phone. */
  readonly codeOf: (phone: string) => Promise<string>
  readonly stop: () => Promise<void>
}

const isRelay = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(`${url}/v1/realm`, { signal: AbortSignal.timeout(1000) })
    return response.ok && 'certificateKey' in ((await response.json()) as object)
  } catch {
    return false
  }
}

/** The relay of the environment's addresses (or the default ones), if it answers. */
export const findRelay = async (env: NodeJS.ProcessEnv): Promise<DemoRelay | undefined> => {
  const urls = {
    directory: env['ISTHMUS_DIRECTORY_URL'] ?? 'http://127.0.0.1:8080',
    whatsapp: env['ISTHMUS_WHATSAPP_URL'] ?? 'ws://127.0.0.1:5280/xmpp-websocket',
    messenger: env['ISTHMUS_MESSENGER_URL'] ?? 'ws://127.0.0.1:8083/mqtt',
    instagram: env['ISTHMUS_INSTAGRAM_URL'] ?? 'ws://127.0.0.1:4000/graphql',
  }
  if (!(await isRelay(urls.directory))) return undefined
  const codeOf = async (phone: string): Promise<string> => {
    const terminal = createInterface({ input: process.stdin, output: process.stdout })
    const code = await terminal.question(`the code that the relay printed for ${phone}: `)
    terminal.close()
    return code.trim()
  }
  return { urls, own: false, codeOf, stop: async () => undefined }
}

/** A relay in this process, on free ports and a folder that goes when it stops. */
export const startOwnRelay = async (bus: Bus): Promise<DemoRelay> => {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-demo-'))
  const codes = new Map<string, string>()
  const ports = ['DIRECTORY', 'WHATSAPP', 'MESSENGER', 'INSTAGRAM'].map((name) => [
    `ISTHMUS_${name}_PORT`,
    '0',
  ])
  const config = readRelayConfig({ ...Object.fromEntries(ports), ISTHMUS_DATA: folder })
  const codeSender = {
    send: async (phone: string, code: string) => void codes.set(phone, code),
  }
  const relay = await startRelay(config, silentLogger, { bus, codeSender })
  return {
    urls: relay.urls,
    own: true,
    codeOf: async (phone) => {
      while (!codes.has(phone)) await new Promise((resolve) => setTimeout(resolve, 10))
      return codes.get(phone) ?? ''
    },
    stop: async () => {
      await relay.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
