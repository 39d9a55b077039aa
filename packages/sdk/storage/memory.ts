/** A store that ends with the process. */
import type { Store } from './port.ts'

export const memoryStore = (): Store => {
  const values = new Map<string, string>()
  return {
    entries: async (prefix) => new Map([...values].filter(([key]) => key.startsWith(prefix))),
    put: async (key, value) => void values.set(key, value),
    delete: async (key) => void values.delete(key),
  }
}
