/**
 * The simplest protocol that uses every effect: JSON in text frames. For tests of the shell alone.
 */
import type { DeviceId } from '@isthmus/runtime/ids'
import type { Effects, MachineContext, ProtocolFactory, ProtocolMachine } from '../protocol.ts'

interface Command {
  readonly login?: string
  readonly prove?: string
  readonly submit?: number
  readonly to?: string
  readonly attach?: number
  readonly upTo?: number
  readonly one?: number
  readonly retain?: string
  readonly recall?: string
  readonly bye?: number
}

const ADA = { network: 'messenger', handle: 'ada.lovelace' } as const

const createMachine = ({ effects, now }: MachineContext): ProtocolMachine => {
  const say = (what: object): void => effects.send(JSON.stringify(what))
  const retained: string[] = []
  return {
    receive: (frame) => {
      // Throws on anything else, which a real machine must not.
      const command = JSON.parse(String(frame)) as Command
      obey(effects, command)
      if (command.retain !== undefined) retained.push(command.retain)
      if (command.recall !== undefined) say({ recalled: effects.recall(command.recall) ?? null })
    },
    authenticated: (outcome) => say(outcome),
    answered: (reference, answer) => say({ reference, error: answer.error }),
    deliver: ({ sequence }) => say({ sequence }),
    expire: () => undefined,
    deadline: () => now + 3_600_000,
    goodbye: (reason) => {
      say({ goodbye: reason })
      effects.close(4000, reason)
    },
    disconnected: () => {
      for (const key of retained) effects.retain(key, `kept ${key}`)
    },
  }
}

const obey = (effects: Effects, command: Command): void => {
  if (command.login !== undefined) effects.authenticate(ADA, command.login)
  if (command.prove !== undefined) effects.identified(ADA, command.prove as DeviceId)
  if (command.submit !== undefined) {
    const letters = [{ deviceId: command.to ?? 'd'.repeat(22), sealed: new Uint8Array(300) }]
    const envelope = { id: `m${command.submit}`, letters, ttlSeconds: 0 }
    effects.submit(command.submit, ADA, envelope)
  }
  if (command.attach !== undefined) effects.attach({ window: command.attach })
  if (command.upTo !== undefined) effects.acknowledge(command.upTo)
  if (command.one !== undefined) effects.acknowledgeOne(command.one)
  if (command.bye !== undefined) effects.close(command.bye, 'as you wish')
}

export const plainProtocol: ProtocolFactory = {
  subprotocol: 'plain',
  path: '/plain',
  mergeFrames: false,
  maxFrameBytes: 100_000,
  createMachine,
}
