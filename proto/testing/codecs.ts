/**
 * Three codecs of the contract behind one interface, for tests and the bench: protobuf-es,
 * protobufjs by reflection from the .proto files, protobufjs' static code. What they exchange is
 * plain objects: camelCase names, 64-bit integers as numbers, fields at their default left out.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  fromBinary,
  toBinary,
  type DescField,
  type DescMessage,
  type Message,
} from '@bufbuild/protobuf'
import { isReflectMessage, reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect'
// First: it sets how protobufjs treats 64-bit integers, for the reflection too.
import '../codec.ts'
import protobuf from 'protobufjs'
import { file_isthmus_v1_content } from '../gen/isthmus/v1/content_pb.ts'
import { file_isthmus_v1_delivery } from '../gen/isthmus/v1/delivery_pb.ts'
import { file_isthmus_v1_directory } from '../gen/isthmus/v1/directory_pb.ts'
import { file_isthmus_v1_envelope } from '../gen/isthmus/v1/envelope_pb.ts'
import { file_isthmus_v1_error } from '../gen/isthmus/v1/error_pb.ts'
import { file_isthmus_v1_route } from '../gen/isthmus/v1/route_pb.ts'
import { isthmus } from '../gen/static.js'

export type Plain = { [name: string]: PlainValue }
export type PlainValue = string | number | boolean | Uint8Array | Plain | PlainValue[]

export interface TestCodec {
  readonly name: string
  /** Makes of a plain object what the codec encodes. */
  readonly prepare: (plain: Plain) => object
  readonly encode: (message: object) => Uint8Array
  readonly decode: (bytes: Uint8Array) => object
  /** Makes a plain object of what the codec decoded. */
  readonly toPlain: (message: object) => Plain
}

export const protoFolder = join(import.meta.dirname, '../isthmus/v1')

const files = [
  file_isthmus_v1_content,
  file_isthmus_v1_delivery,
  file_isthmus_v1_directory,
  file_isthmus_v1_envelope,
  file_isthmus_v1_error,
  file_isthmus_v1_route,
]

/** Every message of the contract. */
export const messageTypes: readonly DescMessage[] = files.flatMap((file) => file.messages)

export const messageType = (name: string): DescMessage => {
  const found = messageTypes.find((type) => type.name === name || type.typeName === name)
  if (found === undefined) throw new Error(`no message ${name} in the contract`)
  return found
}

const plainScalar = (value: unknown): PlainValue =>
  typeof value === 'bigint' ? Number(value) : (value as PlainValue)

const plainField = (message: ReflectMessage, field: DescField): PlainValue => {
  const value: unknown = message.get(field)
  if (field.fieldKind === 'list') {
    return [...(value as Iterable<unknown>)].map((item) =>
      isReflectMessage(item) ? plainOf(item) : plainScalar(item),
    )
  }
  if (field.fieldKind === 'map') throw new Error(`${field.toString()}: the contract has no maps`)
  return isReflectMessage(value) ? plainOf(value) : plainScalar(value)
}

const plainOf = (message: ReflectMessage): Plain =>
  Object.fromEntries(
    message.fields
      .filter((field) => message.isSet(field))
      .map((field) => [field.localName, plainField(message, field)]),
  )

/** A protobuf-es message as a plain object. */
export const toPlain = (type: DescMessage, message: Message): Plain =>
  plainOf(reflect(type, message))

/** What protobufjs decodes, less the empty lists that it puts into every message. */
const tidy = (value: unknown): PlainValue => {
  if (Array.isArray(value)) return value.map(tidy)
  if (typeof value !== 'object' || value === null) return value as PlainValue
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => !(Array.isArray(item) && item.length === 0))
      .map(([name, item]) => [name, tidy(item)]),
  )
}

/** protobufjs by reflection. */
export const reflection: protobuf.Root = new protobuf.Root()
reflection.resolvePath = (_, target) => join(protoFolder, '../..', target)
reflection.loadSync(readdirSync(protoFolder).map((file) => `isthmus/v1/${file}`))

const reflectionCodec = (type: DescMessage): TestCodec => {
  const found = reflection.lookupType(type.typeName)
  return {
    name: 'protobufjs, reflection',
    prepare: (plain) => plain,
    encode: (plain) => found.encode(plain as Plain).finish(),
    decode: (bytes) => found.decode(bytes),
    toPlain: (message) => tidy(message) as Plain,
  }
}

interface StaticType {
  encode(message: object): { finish(): Uint8Array }
  decode(bytes: Uint8Array | protobuf.Reader): object
}

/** The generated static code of a message; undefined for what is only ever inside the seal. */
export const staticType = (type: DescMessage): StaticType | undefined =>
  (isthmus.v1 as Partial<Record<string, StaticType>>)[type.name]

const staticCodec = (type: DescMessage): TestCodec | undefined => {
  const found = staticType(type)
  return (
    found && {
      name: 'protobufjs, static',
      prepare: (plain) => plain,
      encode: (plain) => found.encode(plain).finish(),
      decode: (bytes) => found.decode(bytes),
      toPlain: (message) => tidy(message) as Plain,
    }
  )
}

const esCodec = (type: DescMessage): TestCodec => ({
  name: 'protobuf-es',
  prepare: (plain) => fromBinary(type, reflectionCodec(type).encode(plain)),
  encode: (message) => toBinary(type, message as Message),
  decode: (bytes) => fromBinary(type, bytes),
  toPlain: (message) => toPlain(type, message as Message),
})

/** All codecs that have this message. */
export const codecsOf = (type: DescMessage): readonly TestCodec[] =>
  [esCodec(type), reflectionCodec(type), staticCodec(type)].filter((codec) => codec !== undefined)

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

/** A plain message as text, names sorted, for comparing many: `toEqual` walks bytes one by one. */
export const show = (value: PlainValue): string => {
  if (value instanceof Uint8Array) return hex(value)
  if (Array.isArray(value)) return `[${value.map(show).join()}]`
  if (typeof value !== 'object') return JSON.stringify(value)
  const names = Object.keys(value).toSorted()
  return `{${names.map((name) => `${name}:${show(value[name]!)}`).join()}}`
}
