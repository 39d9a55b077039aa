/** Reads the directory's answers, trusting nothing in them. */
import { fromBase64Url } from '../bytes.ts'
import { DirectoryError } from './error.ts'

const unexpected = (what: string): DirectoryError =>
  new DirectoryError('unexpected-answer', { detail: `the answer has no ${what}` })

export const field = (answer: unknown, name: string): unknown => {
  if (typeof answer !== 'object' || answer === null) throw unexpected(name)
  return Object.hasOwn(answer, name) ? (answer as Record<string, unknown>)[name] : undefined
}

/** @throws DirectoryError `unexpected-answer`, as all of these. */
export const textField = (answer: unknown, name: string): string => {
  const value = field(answer, name)
  if (typeof value !== 'string') throw unexpected(name)
  return value
}

export const optionalTextField = (answer: unknown, name: string): string | undefined =>
  field(answer, name) === undefined ? undefined : textField(answer, name)

export const listField = (answer: unknown, name: string): readonly unknown[] => {
  const value = field(answer, name)
  if (!Array.isArray(value)) throw unexpected(name)
  return value
}

/** Unpadded base64url. @param size bytes; left out: any number. */
export const bytesField = (answer: unknown, name: string, size?: number): Uint8Array => {
  let bytes: Uint8Array
  try {
    bytes = fromBase64Url(textField(answer, name))
  } catch {
    throw unexpected(name)
  }
  if (size !== undefined && bytes.length !== size) throw unexpected(name)
  return bytes
}
