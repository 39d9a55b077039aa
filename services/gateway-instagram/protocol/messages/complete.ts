/** `complete`, both ways: the operation of this id is over. */
import type { GraphqlLimits } from '../limits.ts'
import { idProblem, type Invalid } from './invalid.ts'

export interface Complete {
  readonly type: 'complete'
  readonly id: string
}

export const parseComplete = (
  { id }: Readonly<Record<string, unknown>>,
  limits: GraphqlLimits,
): Complete | Invalid => idProblem(id, limits.maxIdLength) ?? { type: 'complete', id: id as string }

export const encodeComplete = (id: string): string =>
  `{"id":${JSON.stringify(id)},"type":"complete"}`
