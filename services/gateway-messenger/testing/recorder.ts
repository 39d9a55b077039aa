/** Effects that are written down instead of carried out. */
import type { Effects } from '@isthmus/gateway-core/protocol'
import type { SealedEnvelope } from '@isthmus/proto/codec'
import type { Address } from '@isthmus/runtime/address'

export interface Submitted {
  readonly reference: number
  readonly to: Address
  readonly envelope: SealedEnvelope
}

export class Recorder implements Effects {
  readonly frames: Uint8Array[] = []
  readonly closes: { code: number; reason: string }[] = []
  readonly logins: { address: Address; token: string }[] = []
  readonly submitted: Submitted[] = []
  /** Windows of `attach`, and `detach`, in order. */
  readonly inbox: (number | 'detach')[] = []
  readonly acknowledged: number[] = []
  readonly retained: Map<string, unknown>

  constructor(retained = new Map<string, unknown>()) {
    this.retained = retained
  }

  send(frame: string | Uint8Array): void {
    if (typeof frame === 'string') throw new Error('MQTT has no text frames')
    if (this.closes.length > 0) throw new Error('sent after the close')
    this.frames.push(frame)
  }

  close(code: number, reason: string): void {
    if (this.closes.length > 0) throw new Error('closed twice')
    if (Buffer.byteLength(reason) > 123) throw new Error('a close reason has at most 123 bytes')
    this.closes.push({ code, reason })
  }

  authenticate(address: Address, token: string): void {
    this.logins.push({ address, token })
  }

  submit(reference: number, to: Address, envelope: SealedEnvelope): void {
    this.submitted.push({ reference, to, envelope })
  }

  attach({ window }: { readonly window: number }): void {
    this.inbox.push(window)
  }

  detach(): void {
    this.inbox.push('detach')
  }

  acknowledgeOne(sequence: number): void {
    this.acknowledged.push(sequence)
  }

  retain(key: string, value: unknown): void {
    this.retained.set(key, value)
  }

  recall(key: string): unknown {
    const value = this.retained.get(key)
    this.retained.delete(key)
    return value
  }

  lookUpScram(): void {
    throw new Error('MQTT has no SCRAM here')
  }

  identified(): void {
    throw new Error('MQTT has no SCRAM here')
  }

  acknowledge(): void {
    throw new Error('MQTT acknowledges letters one by one')
  }
}
