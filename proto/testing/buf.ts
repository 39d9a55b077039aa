/** buf's own codec, written in Go: a third opinion, at the price of one process for all vectors. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import protobuf from 'protobufjs'
import { messageTypes, protoFolder } from './codecs.ts'
import type { Vector } from './vectors.ts'

const root = join(protoFolder, '../../..')

const fieldOf = (vector: Vector): string => `f${messageTypes.indexOf(vector.type) + 1}`

/** A message that has a list of every other message, so that one encoding holds them all. */
const envelopeOfAll = (): string =>
  [
    'syntax = "proto3";',
    'package all;',
    ...new Set(messageTypes.map((type) => `import "${type.file.name}.proto";`)),
    'message All {',
    ...messageTypes.map((type, i) => `repeated ${type.typeName} f${i + 1} = ${i + 1};`),
    '}',
  ].join('\n')

/** The bytes of each vector's message, in the order of the vectors. */
export const encodeByBuf = (vectors: readonly Vector[]): Map<Vector, Uint8Array> => {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-proto-'))
  try {
    cpSync(join(protoFolder, '..'), join(folder, 'isthmus'), { recursive: true })
    writeFileSync(join(folder, 'all.proto'), envelopeOfAll())
    const all = Object.groupBy(vectors, fieldOf)
    const json = Object.entries(all).map(([field, list]) => [field, list!.map(({ json }) => json)])
    const bytes = execFileSync(
      join(root, 'node_modules/.bin/buf'),
      ['convert', folder, '--type', 'all.All', '--from', '-#format=json', '--to', '-#format=binpb'],
      { input: JSON.stringify(Object.fromEntries(json)) },
    )
    // An encoder writes fields by number and lists in order.
    const inOrder = vectors.toSorted(
      (a, b) => messageTypes.indexOf(a.type) - messageTypes.indexOf(b.type),
    )
    const reader = protobuf.Reader.create(bytes)
    return new Map(inOrder.map((vector) => [vector, (reader.tag(), reader.bytes())]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
