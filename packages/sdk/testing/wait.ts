/** Waiting for what a test means, not for a while. */
import type { IsthmusClient } from '../client.ts'
import type { ClientEvents } from '../client/events.ts'

const PATIENCE_MS = 5_000

/** Resolves when a promise does; rejects if that takes longer than a test should. */
export const within = async <T>(work: Promise<T>, what: string): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what}: not within ${PATIENCE_MS} ms`)),
      PATIENCE_MS,
    )
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** Resolves when a condition holds, looking after each turn of the event loop. */
export const until = async (what: string, holds: () => boolean): Promise<void> => {
  const end = performance.now() + PATIENCE_MS
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${PATIENCE_MS} ms`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** The next event of a name that fits. */
export const next = <Name extends keyof ClientEvents>(
  client: IsthmusClient,
  name: Name,
  fits: (event: ClientEvents[Name]) => boolean = () => true,
): Promise<ClientEvents[Name]> =>
  within(
    new Promise((resolve) => {
      const stop = client.on(name, (event) => {
        if (!fits(event)) return
        stop()
        resolve(event)
      })
    }),
    `event ${name}`,
  )

/** The next so many of an async iterator, which stays open. */
export const take = async <T>(iterator: AsyncIterator<T>, count: number): Promise<T[]> => {
  const taken: T[] = []
  while (taken.length < count) {
    const result = await within(iterator.next(), `item ${taken.length + 1} of ${count}`)
    if (result.done) throw new Error('the iterator ended')
    taken.push(result.value)
  }
  return taken
}
