/** Things that must not be found, in every shape in which bytes may hide them. Pure. */
import { createHash } from 'node:crypto'

export interface Canary {
  /** What it is, for the report. */
  readonly name: string
  readonly value: string | Uint8Array
  /** Few enough to be guessed, so that a plain hash would hide nothing. */
  readonly guessable?: boolean
}

export interface Place {
  readonly name: string
  readonly bytes: Buffer
}

interface Shape {
  readonly name: string
  readonly bytes: Buffer
}

/** A text must have so many bytes, or chance alone would find it. */
const FEWEST_BYTES = 6

/**
 * Base64 of the value wherever it stands in what was encoded: in three alignments, each without
 * the characters that its neighbours have a part in.
 */
const inBase64 = (value: Buffer, alphabet: 'base64' | 'base64url'): Shape[] =>
  [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), value]).toString(alphabet)
    const bits = (before + value.length) * 8
    const from = Math.ceil((before * 8) / 6)
    const whole = encoded.slice(from, Math.floor(bits / 6))
    return { name: `${alphabet} at ${before}`, bytes: Buffer.from(whole) }
  })

const inHex = (value: Buffer): Shape[] => {
  const hex = value.toString('hex')
  return [
    { name: 'hex', bytes: Buffer.from(hex) },
    { name: 'HEX', bytes: Buffer.from(hex.toUpperCase()) },
  ]
}

const asBytes = (value: Buffer): Shape[] => [
  { name: 'bytes', bytes: value },
  ...inBase64(value, 'base64'),
  ...inBase64(value, 'base64url'),
  ...inHex(value),
]

/** JSON may write any character by its number. */
const escaped = (text: string): string =>
  Array.from(text)
    .flatMap((character) => {
      const short = JSON.stringify(character).slice(1, -1)
      if (/^[\x20-\x7e]+$/.test(short)) return [short]
      return Array.from(
        { length: character.length },
        (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
      )
    })
    .join('')

const asText = (text: string): Shape[] => [
  ...asBytes(Buffer.from(text)),
  { name: 'utf16le', bytes: Buffer.from(text, 'utf16le') },
  { name: 'utf16be', bytes: Buffer.from(text, 'utf16le').swap16() },
  { name: 'JSON', bytes: Buffer.from(JSON.stringify(text).slice(1, -1)) },
  { name: 'JSON in ASCII', bytes: Buffer.from(escaped(text)) },
  { name: 'URI', bytes: Buffer.from(encodeURIComponent(text)) },
  { name: 'upper case', bytes: Buffer.from(text.toUpperCase()) },
  { name: 'reversed', bytes: Buffer.from(text).reverse() },
]

const asHash = (value: Buffer): Shape[] =>
  ['md5', 'sha1', 'sha256', 'sha512'].flatMap((algorithm) => {
    const digest = createHash(algorithm).update(value).digest()
    return asBytes(digest.subarray(0, 16)).map(({ name, bytes }) => ({
      name: `${algorithm} in ${name}`,
      bytes,
    }))
  })

const shapesOf = ({ value, guessable = false, name }: Canary): Shape[] => {
  const bytes = Buffer.from(value)
  if (bytes.length < FEWEST_BYTES) throw new RangeError(`${name} is too short to search for`)
  const shapes = typeof value === 'string' ? asText(value) : asBytes(bytes)
  const all = guessable ? [...shapes, ...asHash(bytes)] : shapes
  // Most texts look the same in JSON, or in a URI.
  return [
    ...new Map(all.toReversed().map((shape) => [shape.bytes.toString('hex'), shape])).values(),
  ]
}

/** One line for each canary that is somewhere: what, where, in which shape. */
export const search = (places: readonly Place[], canaries: readonly Canary[]): string[] =>
  canaries.flatMap((canary) =>
    shapesOf(canary).flatMap((shape) =>
      places
        .filter(({ bytes }) => bytes.includes(shape.bytes))
        .map((place) => `${canary.name} in ${place.name}, as ${shape.name}`),
    ),
  )
