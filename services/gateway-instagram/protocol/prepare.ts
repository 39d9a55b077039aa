/** Parses, measures, validates and plans one document. */
import { ErrorCode } from '@isthmus/proto/codec'
import {
  GraphQLError,
  Kind,
  parse,
  validate,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
} from 'graphql'
import type { QueryLimits } from './limits.ts'
import { measure } from './measure.ts'
import { planOf, type Plan } from './plan.ts'
import { problem, problemsOf, type Problem } from './problem.ts'

export interface PreparedDocument {
  /** By name; an operation without one has the name ''. */
  readonly plans: ReadonlyMap<string, Plan>
  readonly tokens: number
}

export type Preparation = PreparedDocument | { readonly problems: readonly Problem[] }

const MAX_VALIDATION_ERRORS = 5

export const prepare = (query: string, schema: GraphQLSchema, limits: QueryLimits): Preparation => {
  const document = parseBounded(query, limits)
  if (document instanceof GraphQLError) return { problems: [parseProblem(document)] }
  const measures = measure(document, limits)
  if ('message' in measures) return { problems: [measures] }
  const errors = validate(schema, document, undefined, { maxErrors: MAX_VALIDATION_ERRORS })
  if (errors.length > 0) return { problems: problemsOf(errors) }
  const context = {
    schema,
    document,
    fragments: fragmentsOf(document),
    conditional: measures.directives > 0,
  }
  const plans = new Map<string, Plan>()
  for (const [operation, cost] of measures.costs) {
    plans.set(operation.name?.value ?? '', planOf(operation, cost, context))
  }
  return { plans, tokens: document.tokenCount ?? limits.maxTokens }
}

const parseBounded = (query: string, limits: QueryLimits): DocumentNode | GraphQLError => {
  try {
    return parse(query, { maxTokens: limits.maxTokens })
  } catch (error) {
    if (error instanceof GraphQLError) return error
    throw error
  }
}

const parseProblem = (error: GraphQLError): Problem => {
  // "Syntax Error: Document contains more that ... tokens. Parsing aborted."
  if (!error.message.endsWith('Parsing aborted.')) return problemsOf([error])[0] as Problem
  return problem(ErrorCode.TOO_LARGE, 'The query has too many tokens.')
}

const fragmentsOf = (document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> => {
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)
  return new Map(
    (fragments as readonly FragmentDefinitionNode[]).map((node) => [node.name.value, node]),
  )
}
