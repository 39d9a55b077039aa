/**
 * The devices of people whom one writes to: looked up once, checked, kept for a while. A list that
 * has become stale is found out by the relay (STALE_DEVICES) and dropped here.
 */
import { BoundedMap } from '@isthmus/runtime/bounded-map'
import type { Clock } from '../clock.ts'
import { SealError } from '../seal/error.ts'
import type { Primitives } from '../seal/primitives.ts'
import { deviceInput } from '../seal/signed.ts'
import type { PeerDevice } from './session.ts'

const MAX_PEOPLE = 1_000
const KEEP_MS = 600_000

export interface DeviceCache {
  /**
   * A person's devices, each vouched for by its account's identity key.
   * @throws DirectoryError; SealError `bad-certificate` if the directory names a device that
   * nobody vouches for.
   */
  readonly devicesOf: (address: string) => Promise<readonly PeerDevice[]>
  /** The next look-up asks the directory. */
  readonly drop: (address: string) => void
}

interface Entry {
  readonly devices: Promise<readonly PeerDevice[]>
  readonly until: number
}

export const createDeviceCache = (
  lookUp: (address: string) => Promise<readonly PeerDevice[]>,
  primitives: Primitives,
  clock: Clock,
): DeviceCache => {
  const entries = new BoundedMap<string, Entry>(MAX_PEOPLE)
  const check = async (device: PeerDevice): Promise<void> => {
    const input = deviceInput(device.x25519, device.ed25519)
    const vouched = await primitives.verify(device.identityKey, input, device.identitySignature)
    if (!vouched) throw new SealError('bad-certificate')
  }
  const fetchAndCheck = async (address: string): Promise<readonly PeerDevice[]> => {
    const devices = await lookUp(address)
    await Promise.all(devices.map(check))
    return devices
  }
  return {
    devicesOf: (address) => {
      const known = entries.get(address)
      if (known && clock.now() < known.until) return known.devices
      const entry = { devices: fetchAndCheck(address), until: clock.now() + KEEP_MS }
      entries.set(address, entry)
      // A failure is the caller's to see and not to be kept.
      entry.devices.catch(() => {
        if (entries.get(address) === entry) entries.delete(address)
      })
      return entry.devices
    },
    drop: (address) => void entries.delete(address),
  }
}
