/** The relay as `npm start` runs it, on free ports. */
import { NETWORKS, type Network } from '@isthmus/runtime/address'
import { resolve } from 'node:path'
import { startProcess, type ServerProcess } from './process.ts'

export interface RelayUnderLoad extends ServerProcess {
  readonly urls: Record<Network, string>
}

/** Starts the relay on a data folder, as `npm start` does, on free ports. */
export const startRelayProcess = async (folder: string): Promise<RelayUnderLoad> => {
  const main = resolve(import.meta.dirname, '../services/all-in-one/main.ts')
  const env = {
    ISTHMUS_DATA: folder,
    ISTHMUS_DIRECTORY_PORT: '0',
    ISTHMUS_WHATSAPP_PORT: '0',
    ISTHMUS_MESSENGER_PORT: '0',
    ISTHMUS_INSTAGRAM_PORT: '0',
    ISTHMUS_SUBMISSION_RATE: '1000000',
    ISTHMUS_SUBMISSION_BURST: '1000000',
  }
  const server = await startProcess(process.execPath, [main], env, (output) =>
    output.includes('Ctrl-C'),
  )
  const url = (network: Network): string => {
    const found = new RegExp(`${network}\\s+(ws://\\S+)`).exec(server.output)?.[1]
    if (!found) throw new Error(`the relay did not say where ${network} listens`)
    return found
  }
  const urls = Object.fromEntries(NETWORKS.map((name) => [name, url(name)]))
  return { ...server, urls: urls as Record<Network, string> }
}
