/** An element of a parsed frame, and how elements are written. */

export interface Element {
  /** The local name, without a prefix. */
  readonly name: string
  /** The namespace; empty if there is none. */
  readonly ns: string
  /** By name as written, `xml:lang` for one. No prototype, so that no name means anything else. */
  readonly attributes: Readonly<Record<string, { readonly value: string } | undefined>>
  readonly children: readonly Element[]
  /** The character data directly within, in one piece. */
  readonly text: string
}

export const attribute = (element: Element, name: string): string | undefined =>
  element.attributes[name]?.value

export const is = (element: Element, name: string, ns: string): boolean =>
  element.name === name && element.ns === ns

/** The first child of this name and namespace. */
export const childOf = (element: Element, name: string, ns: string): Element | undefined =>
  element.children.find((child) => is(child, name, ns))

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
  // Written as they are, a reader would turn them into blanks in an attribute.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

/** A text, fit to stand in an element or an attribute. */
export const escapeXml = (text: string): string =>
  text.replace(/[&<>'"\t\n\r]/g, (character) => ESCAPES[character] ?? character)

export type AttributeValues = Readonly<Record<string, string | number | undefined>>

/**
 * Writes an element.
 * @param attributes values are escaped; undefined ones are left out
 * @param content XML, written as it is
 */
export const xml = (name: string, attributes: AttributeValues, content = ''): string => {
  let head = `<${name}`
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) head += ` ${key}='${escapeXml(String(value))}'`
  }
  return content === '' ? `${head}/>` : `${head}>${content}</${name}>`
}
