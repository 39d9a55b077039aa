/** The relay as its users run it: a process of its own, on free ports, on a folder of its own. */
import type { Network } from '@isthmus/runtime/address'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { within } from './within.ts'

const MAIN = resolve(import.meta.dirname, '../../services/all-in-one/main.ts')
const PARTS = ['directory', 'whatsapp', 'messenger', 'instagram'] as const

/** Milliseconds that a relay may take to start or to stop. */
const PATIENCE_MS = 20_000

export type Environment = Readonly<Record<string, string>>

/** The limits per network address are for a world in which not everybody shares one. */
const ROOMY: Environment = Object.fromEntries(
  [
    'SIGN_UPS',
    'SIGN_INS',
    'SIGN_INS_PER_NAME',
    'CODES',
    'CODES_PER_PHONE',
    'LOOK_UPS',
    'CHANGES',
  ].map((limit) => [`ISTHMUS_DIRECTORY_LIMIT_${limit}`, '1000000/1s']),
)

export interface RelayUrls extends Readonly<Record<Network, string>> {
  readonly directory: string
}

export class RelayProcess {
  readonly folder: string
  #env: Environment
  #urls: RelayUrls | undefined
  #child: ChildProcess | undefined
  #output = ''
  readonly #listeners = new Set<() => void>()
  #realmKey: Promise<Uint8Array> | undefined

  private constructor(folder: string, env: Environment) {
    this.folder = folder
    this.#env = env
  }

  /** Starts a relay on a new folder; the environment adds to the defaults. */
  static async start(env: Environment = {}): Promise<RelayProcess> {
    const relay = RelayProcess.on(mkdtempSync(join(tmpdir(), 'isthmus-e2e-')), env)
    await relay.startAgain().catch(async (error: unknown) => {
      await relay.dispose()
      throw error
    })
    return relay
  }

  /** A relay on a folder, not started yet. */
  static on(folder: string, env: Environment = {}): RelayProcess {
    const ports = PARTS.map((part) => [`ISTHMUS_${part.toUpperCase()}_PORT`, '0'])
    return new RelayProcess(folder, {
      ...ROOMY,
      ...Object.fromEntries(ports),
      ISTHMUS_DATA: folder,
      ISTHMUS_LOG_LEVEL: 'debug',
      ...env,
    })
  }

  get urls(): RelayUrls {
    if (!this.#urls) throw new Error('the relay was not started')
    return this.#urls
  }

  /** Everything that the relay has written to standard output and standard error. */
  get output(): string {
    return this.#output
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Starts the process on the same folder and ports; resolves when it says that it is ready. */
  async startAgain(): Promise<void> {
    const from = this.#output.length
    const ended = this.#spawn().then((code) => {
      throw new Error(`the relay ended with ${code}`)
    })
    await this.says((text) => text.slice(from).includes('Ctrl-C'), ended)
    this.#urls ??= readUrls(this.#output.slice(from))
    this.#keepPorts(this.#urls)
  }

  /** Starts the process where it is not meant to get ready: its exit code and what it said. */
  async startInVain(): Promise<{ readonly code: number | null; readonly output: string }> {
    const from = this.#output.length
    const code = await within(this.#spawn(), 'the relay to give up', PATIENCE_MS)
    return { code, output: this.#output.slice(from) }
  }

  /** Resolves with the output when it fits; rejects at once if `ended` does. */
  async says(fits: (output: string) => boolean, ended?: Promise<never>): Promise<string> {
    const { promise, resolve: said, reject } = Promise.withResolvers<void>()
    ended?.catch(reject)
    const check = (): void => {
      if (fits(this.#output)) said()
    }
    this.#listeners.add(check)
    check()
    await within(promise, 'words of the relay', PATIENCE_MS)
      .catch((error: Error) => {
        throw new Error(`${error.message}; it said:\n${this.#output}`)
      })
      .finally(() => this.#listeners.delete(check))
    return this.#output
  }

  /** Sends a signal and waits for the end; resolves with the exit code, null after SIGKILL. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return null
    const ended = new Promise<number | null>((resolveEnd) => child.once('exit', resolveEnd))
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
    return ended.finally(() => clearTimeout(timer))
  }

  /** Stops the relay if it runs, and removes its folder. */
  async dispose(): Promise<void> {
    await this.end('SIGTERM')
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** The key with which the realm signs certificates. */
  realmKey(): Promise<Uint8Array> {
    this.#realmKey ??= fetch(`${this.urls.directory}/v1/realm`)
      .then((response) => response.json() as Promise<{ certificateKey: string }>)
      .then(({ certificateKey }) => Buffer.from(certificateKey, 'base64url'))
    return this.#realmKey
  }

  /** Resolves with the exit code, which is null after a signal that was not handled. */
  #spawn(): Promise<number | null> {
    const child = spawn(process.execPath, [MAIN], {
      env: { ...process.env, ...this.#env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    const hear = (data: Buffer): void => {
      this.#output += data.toString()
      for (const listener of this.#listeners) listener()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    // `close` comes after everything that was written has been heard.
    return new Promise((resolveEnd) => child.once('close', resolveEnd))
  }

  #keepPorts(urls: RelayUrls): void {
    const ports = PARTS.map((part) => [
      `ISTHMUS_${part.toUpperCase()}_PORT`,
      new URL(urls[part]).port,
    ])
    this.#env = { ...this.#env, ...Object.fromEntries(ports) }
  }
}

/** Where the parts listen, as the relay tells its users. */
const readUrls = (banner: string): RelayUrls => {
  const found = PARTS.map((part) => [
    part,
    new RegExp(`^ *${part} +((?:ws|http)://\\S+)`, 'm').exec(banner)?.[1] ?? '',
  ])
  return Object.fromEntries(found) as unknown as RelayUrls
}
