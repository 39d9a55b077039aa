/**
 * Isthmus for applications, in browsers and in Node. The transports have entries of their own
 * (`@isthmus/sdk/transports/xmpp`, `/mqtt`, `/graphql`), as have the stores (`@isthmus/sdk/node`,
 * `@isthmus/sdk/browser`), so that an application loads only what it uses.
 */
export { IsthmusClient } from './client.ts'
export type {
  ClientEvents,
  IdentityEvent,
  Message,
  ReceiptEvent,
  SendingEvent,
  StateEvent,
} from './client/events.ts'
export type { ClientOptions, SendOptions } from './client/options.ts'
export type { ReceiptNote, Sending, SendingState } from './client/sending.ts'
export type { UnopenedLetter } from './client/state.ts'
export { systemClock, type Clock, type Random } from './clock.ts'
export type {
  AttachmentContent,
  DeleteContent,
  EditContent,
  MessageContent,
  ReactionContent,
  SendableContent,
  TextContent,
} from './content-types.ts'
export {
  decodeCredentials,
  encodeCredentials,
  type Credentials,
  type Realm,
} from './credentials.ts'
export {
  createDirectory,
  type Account,
  type Directory,
  type NamedAccount,
  type Reach,
} from './directory/directory.ts'
export { DirectoryError, type DirectoryCode } from './directory/error.ts'
export type { DirectorySession, NewDevice, PeerDevice, ReachChoice } from './directory/session.ts'
export { SendError, type RelayCode, type SendCode } from './errors.ts'
export { open, seal } from './seal/box.ts'
export type { Sender } from './seal/certificate.ts'
export { SealError, type SealReason } from './seal/error.ts'
export { openLetter, sealLetter, type OpenedLetter, type OpeningOptions } from './seal/letter.ts'
export { naclPrimitives } from './seal/nacl.ts'
export { platformPrimitives, type KeyPair, type Primitives } from './seal/primitives.ts'
export { memoryStore } from './storage/memory.ts'
export type { Store } from './storage/port.ts'
export { ConnectError, type Close, type CloseCause, type Transport } from './transports/port.ts'
