/** A relay with people who were there before it started. */
import type { Network } from '@isthmus/runtime/address'
import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RelayProcess, type Environment } from '../../harness/relay.ts'
import type { Sealed } from './client.ts'
import { seed, type SeededDevice, type SeededPerson } from './seed.ts'

export class Party {
  readonly relay: RelayProcess
  readonly people: readonly SeededPerson[]

  private constructor(relay: RelayProcess, people: readonly SeededPerson[]) {
    this.relay = relay
    this.people = people
  }

  /** @param devices for each person to make on every network, how many devices. */
  static async begin(devices: readonly number[], env: Environment = {}): Promise<Party> {
    const folder = mkdtempSync(join(tmpdir(), 'isthmus-promises-'))
    const people = await seed(folder, devices)
    const relay = RelayProcess.on(folder, { ISTHMUS_LOG_LEVEL: 'warn', ...env })
    await relay.startAgain()
    return new Party(relay, people)
  }

  /** The people of one network, in the order in which they were asked for. */
  of(network: Network): readonly SeededPerson[] {
    return this.people.filter((person) => person.network === network)
  }

  person(network: Network, index: number): SeededPerson {
    const found = this.of(network)[index]
    if (!found) throw new RangeError(`there is no person ${index} on ${network}`)
    return found
  }

  /** Dies at once and comes back on the same folder and ports. */
  async killAndStart(): Promise<void> {
    await this.relay.end('SIGKILL')
    await this.relay.startAgain()
  }

  async end(): Promise<void> {
    await this.relay.dispose()
  }
}

/** A person's first device. */
export const deviceOf = ({ devices: [device] }: SeededPerson): SeededDevice => {
  if (!device) throw new RangeError('the person has no device')
  return device
}

/** One letter of random bytes for each device of a person. */
export const lettersFor = (person: SeededPerson, bytes = 300): readonly Sealed[] =>
  person.devices.map(({ id }) => ({ device: id, sealed: randomBytes(bytes) }))

/** What a device should get of a submission. */
export const sealedFor = (letters: readonly Sealed[], { id }: SeededDevice): Buffer =>
  Buffer.from(letters.find(({ device }) => device === id)?.sealed ?? [])
