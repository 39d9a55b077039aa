/**
 * Receipts that wait to be sent. Pure. There is one receipt under way for each address at a time;
 * what comes up meanwhile goes together into the next, so that a thousand letters read after a
 * holiday are a handful of receipts.
 */
import { MAX_RECEIPT_IDS } from '../content.ts'
import type { ReceiptContent } from '../content-types.ts'

export type ReceiptKind = ReceiptContent['receipt']

interface Waiting {
  readonly ids: Record<ReceiptKind, Set<string>>
  isUnderWay: boolean
}

export class Receipts {
  readonly #byAddress = new Map<string, Waiting>()

  /** Adds a message; gives the receipt to send now, if none is under way. */
  add(address: string, kind: ReceiptKind, messageId: string): ReceiptContent | undefined {
    const waiting = this.#byAddress.get(address) ?? {
      ids: { delivered: new Set<string>(), read: new Set<string>() },
      isUnderWay: false,
    }
    this.#byAddress.set(address, waiting)
    // Read says delivered, too.
    if (kind === 'read') waiting.ids.delivered.delete(messageId)
    waiting.ids[kind].add(messageId)
    return waiting.isUnderWay ? undefined : this.#next(address, waiting)
  }

  /** The receipt under way is done with, well or not; gives the next. */
  done(address: string): ReceiptContent | undefined {
    const waiting = this.#byAddress.get(address)
    return waiting && this.#next(address, waiting)
  }

  /** Takes out all that is waiting: receipts to send another time. */
  drain(): readonly (readonly [string, ReceiptContent])[] {
    const drained: [string, ReceiptContent][] = []
    for (const address of [...this.#byAddress.keys()]) {
      for (let next = this.done(address); next; next = this.done(address)) {
        drained.push([address, next])
      }
    }
    return drained
  }

  #next(address: string, waiting: Waiting): ReceiptContent | undefined {
    const kind = waiting.ids.delivered.size > 0 ? 'delivered' : 'read'
    const messageIds = [...waiting.ids[kind]].slice(0, MAX_RECEIPT_IDS)
    waiting.isUnderWay = messageIds.length > 0
    if (!waiting.isUnderWay) {
      this.#byAddress.delete(address)
      return undefined
    }
    for (const id of messageIds) waiting.ids[kind].delete(id)
    return { kind: 'receipt', receipt: kind, messageIds }
  }
}
