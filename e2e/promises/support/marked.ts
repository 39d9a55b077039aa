/** Letters whose bytes say which they are, as long as a sealed box or longer. */
import { randomFillSync } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { LetterName } from './ledger.ts'

const MARK = 0x49535448
/** Where the checksum of all other bytes stands. */
const CHECKSUM = 16
const HEADER = 20
const MIN_BYTES = 64

const checksum = (letter: Buffer): number =>
  crc32(letter.subarray(HEADER), crc32(letter.subarray(0, CHECKSUM)))

/** @param bytes of the letter, 64 at least. */
export const markedLetter = ({ sender, serial, device }: LetterName, bytes: number): Buffer => {
  const letter = randomFillSync(Buffer.allocUnsafe(Math.max(bytes, MIN_BYTES)))
  letter.writeUInt32BE(MARK, 0)
  letter.writeUInt32BE(sender, 4)
  letter.writeUInt32BE(serial, 8)
  letter.writeUInt32BE(device, 12)
  letter.writeUInt32BE(checksum(letter), CHECKSUM)
  return letter
}

/** @throws Error when the bytes are not a letter as it was made. */
export const readMarked = (bytes: Uint8Array): LetterName => {
  const letter = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (letter.length < MIN_BYTES || letter.readUInt32BE(0) !== MARK)
    throw new Error('a letter came that nobody wrote')
  if (letter.readUInt32BE(CHECKSUM) !== checksum(letter)) throw new Error('a letter came damaged')
  return {
    sender: letter.readUInt32BE(4),
    serial: letter.readUInt32BE(8),
    device: letter.readUInt32BE(12),
  }
}
