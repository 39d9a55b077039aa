/** Queries: carried out by GraphQL's own executor, since only they can hold introspection. */
import type { DeviceId } from '@isthmus/runtime/ids'
import { formatAddress, type Address } from '@isthmus/runtime/address'
import { executeSync } from 'graphql'
import type { Variables } from './collect.ts'
import { encodeError } from './messages/error.ts'
import { encodeComplete } from './messages/complete.ts'
import { encodeResult } from './messages/next.ts'
import type { Plan } from './plan.ts'
import { problemsOf } from './problem.ts'

/** Who a socket is. */
export interface Me {
  readonly address: Address
  readonly device: DeviceId
}

/**
 * @param variables as the client gave them
 * @returns the frames that answer the query.
 */
export const runQuery = (id: string, plan: Plan, variables: Variables, me: Me): string[] => {
  const { data, errors } = executeSync({
    schema: plan.schema,
    document: plan.document,
    operationName: plan.operation.name?.value,
    variableValues: variables,
    rootValue: { me: { address: formatAddress(me.address), device: me.device } },
  })
  if (errors && data === undefined) return [encodeError(id, problemsOf(errors))]
  return [encodeResult(id, errors ? problemsOf(errors) : [], data), encodeComplete(id)]
}
