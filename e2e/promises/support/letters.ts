/** Letters for devices of which only the ids are known; nobody opens them. */
import { sealedEnvelope } from '@isthmus/proto/codec'
import { randomBytes } from 'node:crypto'
import type { Sealed } from './client.ts'

export const lettersFor = (devices: readonly string[], bytes = 300): readonly Sealed[] =>
  devices.map((device) => ({ device, sealed: randomBytes(bytes) }))

/** An MQTT payload. */
export const envelope = (id: string, letters: readonly Sealed[]): Uint8Array =>
  sealedEnvelope.encode({
    id,
    letters: letters.map(({ device, sealed }) => ({ deviceId: device, sealed })),
  })
