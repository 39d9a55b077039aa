/**
 * Which fields a selection set asks for, fragments and conditions carried out (GraphQL
 * specification, section 6.3.2, CollectFields). Only for the object types of this schema: after
 * validation a fragment's type condition always holds there.
 */
import {
  getDirectiveValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>
export type Variables = Readonly<Record<string, unknown>>

/** The field nodes of each response key, in the order of the response. */
export type Collected = ReadonlyMap<string, readonly [FieldNode, ...FieldNode[]]>

export const collectFields = (
  selectionSets: readonly SelectionSetNode[],
  fragments: Fragments,
  variables: Variables,
): Collected => {
  const fields = new Map<string, [FieldNode, ...FieldNode[]]>()
  const visited = new Set<string>()

  const walk = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (!isIncluded(selection, variables)) continue
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value
        const nodes = fields.get(key)
        if (nodes) nodes.push(selection)
        else fields.set(key, [selection])
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        walk(selection.selectionSet)
      } else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value)
        const fragment = fragments.get(selection.name.value)
        if (fragment) walk(fragment.selectionSet)
      }
    }
  }

  for (const selectionSet of selectionSets) walk(selectionSet)
  return fields
}

const isIncluded = (selection: SelectionNode, variables: Variables): boolean =>
  !selection.directives?.length ||
  (getDirectiveValues(GraphQLSkipDirective, selection, variables)?.['if'] !== true &&
    getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.['if'] !== false)
