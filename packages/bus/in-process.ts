/**
 * The bus inside one process: subjects are map keys, and a handler runs in the microtask after the
 * call that published or asked.
 */
import { createDeadlines } from './deadlines.ts'
import { BusError, type Bus, type BusErrorReason, type Subscription } from './port.ts'

type Listener = (data: Uint8Array) => void
type Responder = (data: Uint8Array) => Promise<Uint8Array> | Uint8Array

interface Entry<H> {
  readonly handler: H
  /** False once unsubscribed: what was published before must not reach it any more. */
  live: boolean
}

interface Topic<H> {
  /** Replaced, never changed: whoever walks it keeps the subscribers of the time of publishing. */
  entries: readonly Entry<H>[]
  /** Whose turn it is among responders, modulo their number. */
  turn: number
}

interface Question {
  readonly subject: string
  readonly deadline: number
  readonly resolve: (reply: Uint8Array) => void
  readonly reject: (error: BusError) => void
}

export interface InProcessBusOptions {
  /** Told what a subscriber's handler threw. By default Node prints it as a process warning. */
  readonly onHandlerError?: (subject: string, error: unknown) => void
}

const warn = (subject: string, error: unknown): void => {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.emitWarning(`a bus handler of ${subject} threw: ${reason}`)
}

export const createInProcessBus = (options: InProcessBusOptions = {}): Bus => {
  const onHandlerError = options.onHandlerError ?? warn
  const listeners = new Map<string, Topic<Listener>>()
  const responders = new Map<string, Topic<Responder>>()
  const questions = createDeadlines<Question>((question) => fail(question, 'timeout'))
  let closed = false

  const fail = (question: Question, reason: BusErrorReason, options?: ErrorOptions): void => {
    if (questions.remove(question)) {
      question.reject(new BusError(reason, question.subject, options))
    }
  }

  const answer = (question: Question, reply: Uint8Array): void => {
    if (questions.remove(question)) question.resolve(reply)
  }

  const tell = (subject: string, entries: readonly Entry<Listener>[], data: Uint8Array): void => {
    for (const entry of entries) {
      if (!entry.live || closed) continue
      try {
        entry.handler(data)
      } catch (error) {
        onHandlerError(subject, error)
      }
    }
  }

  const ask = (question: Question, data: Uint8Array): void => {
    if (closed) return
    // Chosen now and not when asked, so that a responder that has left meanwhile is not chosen.
    const topic = responders.get(question.subject)
    const entry = topic?.entries[topic.turn++ % topic.entries.length]
    if (entry === undefined) return fail(question, 'no-responders')
    try {
      const reply = entry.handler(data)
      if (!('then' in reply)) return answer(question, reply)
      reply.then(
        (bytes) => answer(question, bytes),
        (cause: unknown) => fail(question, 'failed', { cause }),
      )
    } catch (cause) {
      fail(question, 'failed', { cause })
    }
  }

  return {
    publish: (subject, data) => {
      const entries = listeners.get(subject)?.entries
      if (entries !== undefined) queueMicrotask(() => tell(subject, entries, data))
    },

    subscribe: (subject, handler) => (closed ? ENDED : add(listeners, subject, handler)),

    request: (subject, data, timeoutMs) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new BusError('closed', subject))
        const question = { subject, resolve, reject, deadline: performance.now() + timeoutMs }
        questions.add(question)
        queueMicrotask(() => ask(question, data))
      }),

    respond: (subject, handler) => (closed ? ENDED : add(responders, subject, handler)),

    close: async () => {
      closed = true
      listeners.clear()
      responders.clear()
      for (const question of questions.waiting()) fail(question, 'closed')
    },
  }
}

const ENDED: Subscription = { unsubscribe: () => {} }

const add = <H>(topics: Map<string, Topic<H>>, subject: string, handler: H): Subscription => {
  const entry = { handler, live: true }
  const topic = topics.get(subject) ?? { entries: [], turn: 0 }
  topic.entries = [...topic.entries, entry]
  topics.set(subject, topic)
  return {
    unsubscribe: () => {
      entry.live = false
      topic.entries = topic.entries.filter((other) => other !== entry)
    },
  }
}
