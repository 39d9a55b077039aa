/** Puts a client's parts together, once its store was read. */
import type { Clock, Random } from '../clock.ts'
import { createCertificateKeeper } from '../directory/certificate-keeper.ts'
import { createDeviceCache } from '../directory/device-cache.ts'
import type { DirectorySession } from '../directory/session.ts'
import { rememberCertificates } from '../seal/certificate.ts'
import { openLetter } from '../seal/letter.ts'
import { platformPrimitives, type Primitives } from '../seal/primitives.ts'
import type { Emitter } from './emitter.ts'
import type { ClientEvents, Message } from './events.ts'
import { Identities } from './identities.ts'
import { Incoming } from './incoming.ts'
import { Link } from './link.ts'
import type { MessageQueue } from './message-queue.ts'
import type { ClientOptions } from './options.ts'
import { Outgoing } from './outgoing.ts'
import type { ReceiptKind } from './receipts.ts'
import { sealFor } from './sealer.ts'
import type { SendTracker } from './sending.ts'
import type { ClientState, LoadedState } from './state.ts'

export interface Context {
  readonly options: ClientOptions
  readonly session: DirectorySession
  readonly clock: Clock
  readonly random: Random
  readonly state: ClientState
  readonly events: Emitter<ClientEvents>
  readonly tracker: SendTracker
  readonly messages: MessageQueue<Message>
  readonly persist: (write: () => Promise<void>) => Promise<void>
  readonly sendReceipt: (to: string, kind: ReceiptKind, messageId: string) => void
  readonly receiptDone: (to: string) => void
}

export interface Parts {
  readonly outgoing: Outgoing
  readonly incoming: Incoming
  readonly link: Link
}

/** Takes note of somebody's identity key. */
type Met = (address: string, identityKey: Uint8Array) => void

const DAY_MS = 86_400_000

/** @throws what the store throws when it can't be read. */
export const makeParts = async (context: Context): Promise<Parts> => {
  const { options, clock, random } = context
  const primitives = options.primitives ?? (await platformPrimitives())
  const loaded = await context.state.load()
  const met = makeMet(context, loaded)
  const drop = (detail: string): void => link.drop(detail)
  const outgoing = makeOutgoing(context, loaded, primitives, met, drop)
  const incoming = makeIncoming(context, loaded, primitives, met)
  const link: Link = new Link({
    transport: options.transport,
    login: { ...options.credentials, realm: options.credentials.realm.name },
    ...{ clock, random },
    online: (connection) => {
      incoming.online(connection)
      outgoing.online(connection)
    },
    offline: () => {
      incoming.offline()
      outgoing.offline()
    },
    letter: (letter) => incoming.received(letter),
    answered: (id, answer) => outgoing.answered(id, answer),
    state: (event) => context.events.emit('state', event),
  })
  outgoing.restore(loaded.outbox)
  return { outgoing, incoming, link }
}

const makeMet = ({ state, events, persist }: Context, loaded: LoadedState): Met => {
  const identities = new Identities(loaded.identities)
  return (address, identityKey) => {
    const met = identities.met(address, identityKey)
    if (!met) return
    void persist(() => state.putIdentities(address, met.keys))
    if (met.isChange) events.emit('identity', { address, identityKey })
  }
}

const makeOutgoing = (
  context: Context,
  loaded: LoadedState,
  primitives: Primitives,
  met: Met,
  drop: (detail: string) => void,
): Outgoing => {
  const { options, session, clock, random, state, events, tracker, persist } = context
  const { credentials } = options
  const devices = createDeviceCache((address) => session.devicesOf(address), primitives, clock)
  const certificates = createCertificateKeeper({
    certificate: loaded.certificate ?? credentials.certificate,
    renew: () => session.renewCertificate(credentials.address),
    keep: (certificate) => void persist(() => state.putCertificate(certificate)),
    clock,
  })
  return new Outgoing({
    seal: (entry) => sealFor({ credentials, devices, certificates, primitives, met }, entry),
    put: (entry) => state.putEntry(entry),
    remove: (id) => void persist(() => state.deleteEntry(id)),
    stale: (address) => devices.drop(address),
    sealedFor: (id, keys) => keys.forEach((key) => tracker.sealedFor(id, key)),
    ended: (entry, event) => {
      if (entry.isReceipt) return context.receiptDone(entry.to)
      if (event.error) tracker.failed(entry.id, event.error)
      else tracker.accepted(entry.id)
      events.emit('sending', event)
    },
    ...{ drop, clock, random, giveUpAfterMs: options.giveUpAfterMs ?? DAY_MS },
  })
}

const makeIncoming = (
  context: Context,
  loaded: LoadedState,
  primitives: Primitives,
  met: Met,
): Incoming => {
  const { options, clock, state, events, tracker, messages, persist } = context
  const { credentials, addresses } = options
  const realmKey = credentials.realm.certificateKey
  const opening = { realmKey, addresses, primitives, verified: rememberCertificates() }
  return new Incoming({
    open: ({ sealed, acceptedAt }) =>
      openLetter(sealed, credentials.x25519, { ...opening, acceptedAt }),
    message: (message, handedOver) => {
      events.emit('message', message)
      if (options.deliveredReceipts ?? true) {
        context.sendReceipt(message.from, 'delivered', message.id)
      }
      messages.push({ message, handedOver })
    },
    receipt: (receipt, deviceKey) => {
      const { from, at, receipt: kind, messageIds } = receipt
      events.emit('receipt', receipt)
      for (const id of messageIds) {
        tracker.receipt(id, kind, deviceKey, { from, at }, (to) =>
          events.emit('sending', { id, to, state: kind }),
        )
      }
    },
    unopened: (letter) => events.emit('unopened', letter),
    ...{ state, loaded, clock, met, persist },
  })
}
