/** Reads proto/vectors: messages of every type with their bytes, for any codec in any language. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromJson, type DescMessage, type JsonValue, type Message } from '@bufbuild/protobuf'
import { messageType } from './codecs.ts'

export interface Vector {
  readonly file: string
  readonly name: string
  readonly type: DescMessage
  /** The message in protobuf's JSON mapping. */
  readonly json: JsonValue
  /** Its bytes, in hex. */
  readonly hex: string
  /** How an encoder writes the message, where `hex` is only one way to read it. */
  readonly canonical: string
}

interface VectorFile {
  readonly vectors: readonly {
    type: string
    name: string
    json: JsonValue
    hex: string
    canonical?: string
  }[]
}

const folder = join(import.meta.dirname, '../vectors')

export const vectorFiles: readonly string[] = readdirSync(folder).toSorted()

export const readVectors = (file: string): readonly Vector[] => {
  const read = JSON.parse(readFileSync(join(folder, file), 'utf8')) as VectorFile
  return read.vectors.map(({ type, canonical, ...vector }) => ({
    ...vector,
    file,
    type: messageType(type),
    canonical: canonical ?? vector.hex,
  }))
}

export const allVectors: readonly Vector[] = vectorFiles.flatMap(readVectors)

export const messageOf = (vector: Vector): Message => fromJson(vector.type, vector.json)
