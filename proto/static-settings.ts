/**
 * How protobufjs' generated code behaves. Imported before it, since it sets its fields' defaults
 * when it is loaded.
 */
import protobuf from 'protobufjs/minimal.js'

// Without Long, 64-bit integers are numbers.
protobuf.util.Long = undefined as never
protobuf.Reader.discardUnknown = true
protobuf.configure()

interface StringReader {
  buf: Buffer & { latin1Slice(start: number, end: number): string }
  pos: number
  len: number
  size(): number
  stringVerify: (this: StringReader) => string
}

const reader = protobuf.BufferReader.prototype as unknown as StringReader
const readStrictly = reader.stringVerify

/**
 * protobufjs joins a short string from pieces, which every look-up by it then has to flatten.
 * Plain ASCII, which ids and nearly all submission ids are, is read in one piece instead.
 */
reader.stringVerify = function stringVerify(this: StringReader): string {
  const from = this.pos
  const length = this.size()
  const start = this.pos
  const end = start + length
  if (end <= this.len && isAscii(this.buf, start, end)) {
    this.pos = end
    return this.buf.latin1Slice(start, end)
  }
  this.pos = from
  return readStrictly.call(this)
}

const isAscii = (bytes: Uint8Array, start: number, end: number): boolean => {
  for (let index = start; index < end; index++) if ((bytes[index] as number) > 127) return false
  return true
}
