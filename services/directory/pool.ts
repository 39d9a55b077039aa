/** Runs at most so many tasks at once, lets so many wait, and refuses the rest. */
export type Pool = <T>(task: () => Promise<T>) => Promise<T>

/** @param refuse what a task beyond `waiting` is rejected with. */
export const createPool = (atOnce: number, waiting: number, refuse: () => Error): Pool => {
  const queue: (() => void)[] = []
  let running = 0
  return async (task) => {
    if (running >= atOnce) {
      if (queue.length >= waiting) throw refuse()
      // The task that ends hands its place over, so `running` stays as it is.
      await new Promise<void>((resolve) => queue.push(resolve))
    } else {
      running++
    }
    try {
      return await task()
    } finally {
      const next = queue.shift()
      if (next) next()
      else running--
    }
  }
}
