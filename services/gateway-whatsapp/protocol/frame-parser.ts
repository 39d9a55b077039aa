/**
 * Reads a frame: one WebSocket message, which RFC 7395 section 3.3.3 wants to be a complete XML
 * document of its own that begins with `<`. Strict, and bounded in everything that costs memory
 * or time. The caller has checked the frame's size.
 *
 * - Comments, processing instructions, the XML declaration, document types and entities other than
 *   the five predefined ones are refused: `restricted-xml` (RFC 6120 section 11.1).
 * - CDATA sections are XML's other way to write text, are not restricted by RFC 6120, and are read
 *   as the text that they are.
 * - What is not well-formed, duplicate attributes and unbound prefixes included, is
 *   `not-well-formed`; what is over a limit is `policy-violation`.
 */
import { SaxesParser, type SaxesAttributeNS, type SaxesTagNS } from 'saxes'
import type { Element } from './element.ts'
import { checkFrame, FrameError, tooMuch, wrong } from './frame-checks.ts'
import { FRAME_LIMITS } from './limits.ts'

interface OpenElement extends Element {
  readonly children: Element[]
  text: string
}

type Parser = SaxesParser<{ xmlns: true; position: false }>

/** One parser serves every stream: it holds nothing between two frames. */
export class FrameParser {
  #saxes: Parser
  #root: Element | undefined
  #path: OpenElement[] = []
  #elements = 0
  #attributes = 0

  constructor() {
    this.#saxes = this.#createSaxes()
  }

  /** @throws FrameError on anything but one sound element. */
  parse(frame: string): Element {
    checkFrame(frame)
    try {
      this.#saxes.write(frame).close()
      if (!this.#root) throw new FrameError('not-well-formed', 'the frame has no element')
      return this.#root
    } catch (error) {
      // A parser that has failed is not fit for another frame.
      this.#saxes = this.#createSaxes()
      throw error instanceof FrameError ? error : wrong(String(error))
    } finally {
      this.#root = undefined
      this.#path = []
      this.#elements = 0
      this.#attributes = 0
    }
  }

  /**
   * Six handlers and not one more: with a seventh V8 turns saxes' object into a hash table, and
   * parsing takes six times as long.
   */
  #createSaxes(): Parser {
    const saxes: Parser = new SaxesParser({ xmlns: true, position: false })
    const text = (data: string): void => this.#text(data)
    saxes.on('error', (error) => {
      throw wrong(error.message)
    })
    saxes.on('attribute', ({ value }) => this.#attribute(value))
    saxes.on('opentag', (tag) => this.#open(tag))
    saxes.on('closetag', () => this.#close())
    saxes.on('text', text)
    saxes.on('cdata', text)
    return saxes
  }

  #attribute(value: string): void {
    this.#attributes += 1
    if (this.#attributes > FRAME_LIMITS.attributes) tooMuch('attributes')
    if (value.length > FRAME_LIMITS.attributeValue) tooMuch('characters in an attribute')
  }

  #open(tag: SaxesTagNS): void {
    this.#elements += 1
    this.#attributes = 0
    if (this.#path.length >= FRAME_LIMITS.depth) tooMuch('elements within elements')
    if (this.#elements > FRAME_LIMITS.elements) tooMuch('elements')
    const attributes: Record<string, SaxesAttributeNS> = tag.attributes
    const element: OpenElement = {
      name: tag.local,
      ns: tag.uri,
      attributes,
      children: [],
      text: '',
    }
    const parent = this.#path.at(-1)
    if (parent) parent.children.push(element)
    else this.#root = element
    this.#path.push(element)
  }

  #close(): void {
    this.#path.pop()
  }

  #text(data: string): void {
    const element = this.#path.at(-1)
    if (element) element.text += data
  }
}
