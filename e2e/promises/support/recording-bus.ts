/** The in-process bus, with everything that crosses it written down. */
import { createInProcessBus } from '@isthmus/bus/in-process'
import type { Bus } from '@isthmus/bus/port'

export interface Recorded {
  readonly subject: string
  readonly kind: 'published' | 'asked' | 'answered'
  readonly bytes: Buffer
}

export interface RecordingBus extends Bus {
  readonly recorded: readonly Recorded[]
}

export const createRecordingBus = (): RecordingBus => {
  const bus = createInProcessBus()
  const recorded: Recorded[] = []
  const note = (subject: string, kind: Recorded['kind'], data: Uint8Array): void => {
    recorded.push({ subject, kind, bytes: Buffer.from(data) })
  }
  return {
    ...bus,
    recorded,
    publish: (subject, data) => {
      note(subject, 'published', data)
      bus.publish(subject, data)
    },
    request: async (subject, data, timeoutMs) => {
      note(subject, 'asked', data)
      const reply = await bus.request(subject, data, timeoutMs)
      note(subject, 'answered', reply)
      return reply
    },
  }
}
