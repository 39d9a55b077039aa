/** What the checks of all messages share. */

/** A message that is not as the protocol says: the socket is closed with 4400 and this text. */
export interface Invalid {
  readonly type: 'invalid'
  /** Short: it has to fit a close reason. Holds nothing of the client's input but known words. */
  readonly what: string
}

export const invalid = (what: string): Invalid => ({ type: 'invalid', what })

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Absent, null, or an object: what every optional payload may be. */
export const isOptionalObject = (
  value: unknown,
): value is Readonly<Record<string, unknown>> | null | undefined =>
  value === undefined || value === null || isObject(value)

export const typeName = (value: unknown): string => {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : `of type ${typeof value}`
}

/** The problem with an operation id, or undefined if it is a sound one. */
export const idProblem = (id: unknown, maxLength: number): Invalid | undefined => {
  if (typeof id !== 'string') return invalid(`"id" is ${typeName(id)}, not a string`)
  if (id === '') return invalid('"id" is empty')
  if (id.length > maxLength) return invalid(`"id" is over ${maxLength} characters`)
  return undefined
}
