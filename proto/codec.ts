/**
 * The hot path's codec: protobufjs' generated static code behind types derived from protobuf-es'.
 * `npm run bench codec` shows why; proto/contract.test.ts proves that both codecs agree.
 * 64-bit integers are plain numbers here: every one of them is a time or a sequence below 2^53.
 * Unknown fields are dropped: a flood of them costs no memory, and nothing that the relay passes on
 * is decoded and encoded again (a stored letter stays the bytes that it was; see delivery.proto).
 */
import type { Message } from '@bufbuild/protobuf'
import './static-settings.ts'
import type * as deliveryTypes from './gen/isthmus/v1/delivery_pb.ts'
import type * as directory from './gen/isthmus/v1/directory_pb.ts'
import type * as envelope from './gen/isthmus/v1/envelope_pb.ts'
import type * as route from './gen/isthmus/v1/route_pb.ts'
import { isthmus } from './gen/static.js'

type Plain<T> = T extends bigint
  ? number
  : T extends Uint8Array
    ? Uint8Array
    : T extends readonly (infer U)[]
      ? Plain<U>[]
      : T extends Message
        ? { [K in Exclude<keyof T, '$typeName' | '$unknown'>]: Plain<T[K]> }
        : T

export type SealedEnvelope = Plain<envelope.SealedEnvelope>
export type SubmissionAnswer = Plain<envelope.SubmissionAnswer>
export type Letter = Plain<envelope.Letter>
export type Delivery = Plain<deliveryTypes.Delivery>
export type RouteRequest = Plain<route.RouteRequest>
export type RouteReply = Plain<route.RouteReply>
export type Submission = Plain<route.Submission>
export type Answer = Plain<envelope.Answer>
export type AuthenticateRequest = Plain<directory.AuthenticateRequest>
export type AuthenticateReply = Plain<directory.AuthenticateReply>
export type ScramRequest = Plain<directory.ScramRequest>
export type ScramReply = Plain<directory.ScramReply>
export type ResolveRequest = Plain<directory.ResolveRequest>
export type ResolveReply = Plain<directory.ResolveReply>
export type Resolution = Plain<directory.Resolution>
export type DirectoryChanged = Plain<directory.DirectoryChanged>
export type SessionClaimed = Plain<directory.SessionClaimed>
export { Consent, ReachPolicy } from './gen/isthmus/v1/directory_pb.ts'
export { ErrorCode } from './gen/isthmus/v1/error_pb.ts'

export interface Codec<T> {
  /** Fields left out, or at their default, take no bytes. */
  encode(message: Partial<T>): Uint8Array
  /**
   * Bytes fields are views of the input, not copies.
   * @throws Error of protobufjs' making on bytes that are not this message.
   */
  decode(bytes: Uint8Array): T
}

interface StaticType {
  encode(message: object): { finish(): Uint8Array }
  decode(bytes: Uint8Array): object
}

const codec = <T>(type: StaticType): Codec<T> => ({
  encode: (message) => type.encode(message).finish(),
  decode: (bytes) => type.decode(bytes) as T,
})

export const sealedEnvelope = codec<SealedEnvelope>(isthmus.v1.SealedEnvelope)
export const submissionAnswer = codec<SubmissionAnswer>(isthmus.v1.SubmissionAnswer)
export const delivery = codec<Delivery>(isthmus.v1.Delivery)
export const routeRequest = codec<RouteRequest>(isthmus.v1.RouteRequest)
export const routeReply = codec<RouteReply>(isthmus.v1.RouteReply)
export const authenticateRequest = codec<AuthenticateRequest>(isthmus.v1.AuthenticateRequest)
export const authenticateReply = codec<AuthenticateReply>(isthmus.v1.AuthenticateReply)
export const scramRequest = codec<ScramRequest>(isthmus.v1.ScramRequest)
export const scramReply = codec<ScramReply>(isthmus.v1.ScramReply)
export const resolveRequest = codec<ResolveRequest>(isthmus.v1.ResolveRequest)
export const resolveReply = codec<ResolveReply>(isthmus.v1.ResolveReply)
export const directoryChanged = codec<DirectoryChanged>(isthmus.v1.DirectoryChanged)
export const sessionClaimed = codec<SessionClaimed>(isthmus.v1.SessionClaimed)
