import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { attribute, escapeXml, xml } from './element.ts'
import { FrameParser } from './frame-parser.ts'

describe('xml()', () => {
  it('leaves out undefined attributes and closes empty elements', () => {
    expect(xml('a', { b: 1, c: undefined, d: '' })).toBe(`<a b='1' d=''/>`)
    expect(xml('a', {}, xml('b', {}))).toBe('<a><b/></a>')
  })

  it('writes any text so that the parser reads it back', () => {
    const parser = new FrameParser()
    // Characters that XML 1.0 has no way to write are out.
    const texts = fc
      .string({ unit: 'binary', maxLength: 40 })
      .filter((text) => text.isWellFormed() && !/[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]/.test(text))
    fc.assert(
      fc.property(texts, (text) => {
        const element = parser.parse(xml('a', { b: text }, escapeXml(text)))
        expect(attribute(element, 'b')).toBe(text)
        expect(element.text).toBe(text)
      }),
    )
  })
})
