/** An operation of a validated document, made ready to be carried out many times. */
import {
  getNamedType,
  OperationTypeNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SourceLocation,
} from 'graphql'
import { argumentCoercion, variableCoercion, type Arguments, type Coerced } from './coerce.ts'
import { collectFields, type Fragments, type Variables } from './collect.ts'
import { shapeOf, type Shape } from './shape.ts'

export interface Plan {
  readonly kind: `${OperationTypeNode}`
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  /** About how many values the result holds. */
  readonly cost: number
  /** Coerces the variables that the client gave. */
  readonly coerce: (raw: Variables) => Coerced
  /** The fields of the root, in the order of the response. Not for queries. */
  readonly rootFields: (variables: Variables) => readonly RootField[]
}

export interface RootField {
  /** The key in the response. */
  readonly key: string
  /** The field's name: send, acknowledge, inbox or __typename. */
  readonly name: string
  readonly locations: readonly SourceLocation[]
  readonly argumentsOf: (variables: Variables) => Arguments
  /** Of the field's own selections, if it has any. */
  readonly shape: Shape
}

export interface PlanContext {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly fragments: Fragments
  /** Whether the document has any directive, so that its fields depend on the variables. */
  readonly conditional: boolean
}

export const planOf = (
  operation: OperationDefinitionNode,
  cost: number,
  { schema, document, fragments, conditional }: PlanContext,
): Plan => {
  const root = schema.getRootType(operation.operation)?.getFields() ?? {}

  const rootField = (
    key: string,
    nodes: readonly [FieldNode, ...FieldNode[]],
    variables: Variables,
  ): RootField => {
    const name = nodes[0].name.value
    const definition = Object.hasOwn(root, name) ? root[name] : undefined
    const typeName = definition ? getNamedType(definition.type).name : ''
    return {
      key,
      name,
      locations: nodes.map(locationOf),
      argumentsOf: definition ? argumentCoercion(definition, nodes[0]) : () => ({ values: {} }),
      shape: shapeOf(nodes, typeName, fragments, variables),
    }
  }

  const collect = (variables: Variables): readonly RootField[] => {
    const collected = collectFields([operation.selectionSet], fragments, variables)
    return [...collected].map(([key, nodes]) => rootField(key, nodes, variables))
  }

  const isQuery = operation.operation === OperationTypeNode.QUERY
  const always = isQuery || conditional ? [] : collect({})
  return {
    kind: operation.operation,
    schema,
    document,
    operation,
    cost,
    coerce: variableCoercion(schema, operation.variableDefinitions ?? []),
    rootFields: conditional ? collect : () => always,
  }
}

const locationOf = ({ loc }: FieldNode): SourceLocation => ({
  line: loc?.startToken.line ?? 0,
  column: loc?.startToken.column ?? 0,
})
