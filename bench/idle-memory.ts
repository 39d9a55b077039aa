/** Resident memory of an idle, logged-in socket, in each protocol. */
import { NETWORKS } from '@isthmus/runtime/address'
import { fork } from 'node:child_process'
import { residentBytes } from './process.ts'
import { startRelayProcess } from './relay-process.ts'
import { seed } from './seed.ts'

export const idleMemory = async (folder: string, sockets: number): Promise<void> => {
  for (const network of NETWORKS) {
    const data = `${folder}-${network}`
    const people = await seed(data, [network], sockets)
    const relay = await startRelayProcess(data)
    const child = fork(new URL('./load/idle.ts', import.meta.url), { stdio: 'inherit' })
    try {
      const before = residentBytes(relay.pid)
      await new Promise<void>((resolve, reject) => {
        child.on('message', (message: string) => {
          if (message === 'connected') resolve()
          else reject(new Error(message))
        })
        child.on('exit', (code) => reject(new Error(`the idle sockets ended early (${code})`)))
        child.send({ network, url: relay.urls[network], people })
      })
      // Time for the garbage of 10,000 logins to be collected.
      await new Promise((resolve) => setTimeout(resolve, 10_000))
      const kilobytes = (residentBytes(relay.pid) - before) / 1024 / sockets
      console.log(`idle memory, ${network}, ${sockets} sockets: ${kilobytes.toFixed(1)} KB each`)
    } finally {
      child.removeAllListeners('exit')
      child.kill()
      await relay.stop()
    }
  }
}
