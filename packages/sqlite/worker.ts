/** The writer thread: drains what waits, runs it as one group, answers after the commit. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { openDatabase } from './database.ts'
import { toFailure } from './error.ts'
import { groupCommit, type LoadedModule } from './group.ts'
import type { Answer, Call, Message, WorkerData } from './messages.ts'
import type { SqliteModule } from './module.ts'

const port = parentPort
if (!port) throw new Error('this file runs as a worker thread')

const { path, options } = workerData as WorkerData
const database = openDatabase(path, options)
const modules = new Map<string, LoadedModule>()
const run = groupCommit(database, modules)
const handOver = new Set<ArrayBuffer>()

const post = (answers: readonly Answer[]): void => {
  const transfer = [...handOver]
  handOver.clear()
  try {
    port.postMessage(answers, transfer)
  } catch (error) {
    // A value that can't be cloned is its module's mistake; the callers must not wait for ever.
    const failure = toFailure(error)
    port.postMessage(answers.map(({ id }) => ({ id, failure })))
  }
}

const openModule = (module: SqliteModule, moduleOptions: unknown): LoadedModule => {
  database.exec('BEGIN IMMEDIATE')
  try {
    const transfer = (buffer: ArrayBuffer): void => void handOver.add(buffer)
    const operations = module.open({ database, options: moduleOptions, transfer })
    database.exec('COMMIT')
    return { operations, bare: new Set(module.bare) }
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

const load = async (message: Message & { kind: 'load' }): Promise<void> => {
  const { id, name, href } = message
  try {
    const module = (await import(href)) as SqliteModule
    if (modules.has(name)) throw new Error(`a module named ${name} is already loaded`)
    modules.set(name, openModule(module, message.options))
    post([{ id, value: undefined }])
  } catch (error) {
    post([{ id, failure: toFailure(error) }])
  }
}

const close = (): void => {
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    database.close()
    port.close()
  }
}

port.on('message', (first: Message) => {
  const calls: Call[] = []
  let closing = false
  for (let message: Message | undefined = first; message;) {
    if (message.kind === 'calls') calls.push(...message.calls)
    else if (message.kind === 'load') void load(message)
    else closing = true
    message = receiveMessageOnPort(port)?.message as Message | undefined
  }
  if (calls.length > 0) post(run(calls))
  if (closing) close()
})
post([{ id: 0, value: undefined }])
