/** A selection set of one of our own object types, made ready to be written as JSON. */
import { collectFields, type Fragments, type Variables } from './collect.ts'
import type { FieldNode } from 'graphql'

export interface Shape {
  /** JSON text before each value, and after the last one: always one more than `fields`. */
  readonly texts: readonly string[]
  /** The field whose value stands there. */
  readonly fields: readonly string[]
}

/** @param nodes the fields whose selections are merged: those of one response key. */
export const shapeOf = (
  nodes: readonly FieldNode[],
  typeName: string,
  fragments: Fragments,
  variables: Variables,
): Shape => {
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
  const texts: string[] = []
  const fields: string[] = []
  let text = '{'
  for (const [key, [node]] of collectFields(sets, fragments, variables)) {
    text += `${text === '{' ? '' : ','}${JSON.stringify(key)}:`
    const field = node.name.value
    if (field === '__typename') {
      text += JSON.stringify(typeName)
    } else {
      texts.push(text)
      fields.push(field)
      text = ''
    }
  }
  texts.push(`${text}}`)
  return { texts, fields }
}

/** @param jsonOf a field's value as JSON text. */
export const fill = (shape: Shape, jsonOf: (field: string) => string): string => {
  const { texts, fields } = shape
  let json = texts[0] ?? ''
  for (let index = 0; index < fields.length; index++) {
    json += jsonOf(fields[index] ?? '') + (texts[index + 1] ?? '')
  }
  return json
}
