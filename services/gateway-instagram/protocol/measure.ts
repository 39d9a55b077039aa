/**
 * How large a document is, against its limits: a plain walk over the syntax tree, done before
 * GraphQL's validation, whose rules take more than linear time. Fragments are measured once each,
 * so that a document that doubles itself twenty times over is refused in linear time.
 */
import { ErrorCode } from '@isthmus/proto/codec'
import {
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import type { QueryLimits } from './limits.ts'
import { problem, type Problem } from './problem.ts'

/** About how many entries a list of this schema's introspection has. No other field is a list. */
const LIST_LENGTHS: Readonly<Record<string, number>> = {
  types: 25,
  fields: 4,
  args: 3,
  inputFields: 2,
  enumValues: 6,
  directives: 6,
  interfaces: 1,
  possibleTypes: 1,
}

/** Of a selection set, with its fragments expanded. */
interface Size {
  /** Fields within fields. */
  readonly depth: number
  /** Values in the result, about. */
  readonly cost: number
}

export interface Measures {
  /** The cost of each operation. */
  readonly costs: ReadonlyMap<OperationDefinitionNode, number>
  readonly directives: number
}

class Measurer {
  directives = 0
  readonly #limits: QueryLimits
  readonly #fragments = new Map<string, FragmentDefinitionNode>()
  readonly #sizes = new Map<string, Size | 'being measured'>()
  #selections = 0
  #aliases = 0

  constructor(document: DocumentNode, limits: QueryLimits) {
    this.#limits = limits
    for (const definition of document.definitions) {
      if (definition.kind !== Kind.FRAGMENT_DEFINITION) continue
      this.#fragments.set(definition.name.value, definition)
    }
  }

  /** @throws LimitError */
  definition(definition: OperationDefinitionNode | FragmentDefinitionNode): Size {
    const { directives = [], selectionSet } = definition
    this.#countDirectives(directives)
    return this.#selectionSet(selectionSet)
  }

  fragment(name: string): Size {
    const known = this.#sizes.get(name)
    if (known === 'being measured') throw new LimitError('fragments that go in a circle')
    if (known) return known
    const fragment = this.#fragments.get(name)
    // Validation says that it is missing.
    if (!fragment) return { depth: 0, cost: 0 }
    this.#sizes.set(name, 'being measured')
    const size = this.definition(fragment)
    this.#sizes.set(name, size)
    return size
  }

  #selectionSet({ selections }: SelectionSetNode): Size {
    let depth = 0
    let cost = 0
    for (const selection of selections) {
      this.#count(++this.#selections, this.#limits.maxSelections, 'selections')
      this.#countDirectives(selection.directives ?? [])
      const size = this.#selection(selection)
      depth = Math.max(depth, size.depth)
      cost += size.cost
      this.#count(depth, this.#limits.maxDepth, 'levels of fields')
      this.#count(cost, this.#limits.maxCost, 'values in its result, by estimate')
    }
    return { depth, cost }
  }

  #selection(selection: SelectionSetNode['selections'][number]): Size {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return this.fragment(selection.name.value)
    if (selection.kind === Kind.INLINE_FRAGMENT) return this.#selectionSet(selection.selectionSet)
    if (selection.alias) this.#count(++this.#aliases, this.#limits.maxAliases, 'aliases')
    if (!selection.selectionSet) return { depth: 1, cost: 1 }
    const { depth, cost } = this.#selectionSet(selection.selectionSet)
    const name = selection.name.value
    const length = Object.hasOwn(LIST_LENGTHS, name) ? (LIST_LENGTHS[name] ?? 1) : 1
    return { depth: depth + 1, cost: 1 + cost * length }
  }

  #countDirectives(directives: readonly unknown[]): void {
    this.directives += directives.length
    this.#count(this.directives, this.#limits.maxDirectives, 'directives')
  }

  #count(count: number, max: number, what: string): void {
    if (count > max) throw new LimitError(`more than ${max} ${what}`)
  }
}

class LimitError extends Error {}

/** Measures a parsed document. */
export const measure = (document: DocumentNode, limits: QueryLimits): Measures | Problem => {
  const measurer = new Measurer(document, limits)
  const costs = new Map<OperationDefinitionNode, number>()
  try {
    for (const definition of document.definitions) {
      if (definition.kind === Kind.OPERATION_DEFINITION) {
        costs.set(definition, measurer.definition(definition).cost)
      } else if (definition.kind === Kind.FRAGMENT_DEFINITION) {
        measurer.fragment(definition.name.value)
      }
    }
  } catch (error) {
    if (!(error instanceof LimitError)) throw error
    return problem(ErrorCode.TOO_LARGE, `The query has ${error.message}.`)
  }
  return { costs, directives: measurer.directives }
}
