import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { attribute, childOf } from './element.ts'
import { FrameError, type FrameProblem } from './frame-checks.ts'
import { FrameParser } from './frame-parser.ts'

const parser = new FrameParser()

const problemOf = (frame: string): FrameProblem | 'none' => {
  try {
    parser.parse(frame)
    return 'none'
  } catch (error) {
    if (!(error instanceof FrameError)) throw error
    return error.condition
  }
}

const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth)

describe('a sound frame', () => {
  it('becomes an element with its namespaces resolved', () => {
    const element = parser.parse(
      `<c:message xmlns:c='jabber:client' to="a&amp;b" xml:lang='en'>x&#65;<![CDATA[<y>]]>` +
        `<body xmlns='urn:x'>t</body>z</c:message>`,
    )
    expect(element).toMatchObject({ name: 'message', ns: 'jabber:client', text: 'xA<y>z' })
    expect(attribute(element, 'to')).toBe('a&b')
    expect(attribute(element, 'xml:lang')).toBe('en')
    expect(childOf(element, 'body', 'urn:x')?.text).toBe('t')
  })

  it('may name its attributes and elements like properties of objects', () => {
    const element = parser.parse(`<a __proto__='1' constructor='2'><toString/></a>`)
    expect(attribute(element, '__proto__')).toBe('1')
    expect(attribute(element, 'constructor')).toBe('2')
    expect(attribute(element, 'hasOwnProperty')).toBeUndefined()
    expect(element.children[0]?.name).toBe('toString')
  })

  it('leaves nothing behind for the next frame', () => {
    expect(problemOf(`<a xmlns:p='urn:p'><p:b/></a>`)).toBe('none')
    expect(problemOf(`<p:b/>`)).toBe('not-well-formed')
    expect(problemOf(`<a><b>`)).toBe('not-well-formed')
    expect(parser.parse(`<a/>`)).toMatchObject({ name: 'a', children: [], text: '' })
  })
})

describe('a frame that is refused', () => {
  const cases: [string, FrameProblem, string][] = [
    ['nothing', 'not-well-formed', ''],
    ['a blank', 'not-well-formed', ' '],
    ['a blank before the element', 'not-well-formed', ' <a/>'],
    ['text before the element', 'not-well-formed', 'x<a/>'],
    ['a byte order mark', 'not-well-formed', '\ufeff<a/>'],
    ['text after the element', 'not-well-formed', '<a/>x'],
    ['two elements', 'not-well-formed', '<a/><b/>'],
    ['an unclosed element', 'not-well-formed', '<a><b></b>'],
    ['crossed elements', 'not-well-formed', '<a><b></a></b>'],
    ['a lone end', 'not-well-formed', '</a>'],
    ['half a tag', 'not-well-formed', '<a b='],
    ['an attribute without quotes', 'not-well-formed', '<a b=c/>'],
    ['an attribute twice', 'not-well-formed', `<a b='1' b='2'/>`],
    ['a namespace twice', 'not-well-formed', `<a xmlns='urn:a' xmlns='urn:b'/>`],
    [
      'an attribute twice under two prefixes',
      'not-well-formed',
      `<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>`,
    ],
    ['an unbound prefix', 'not-well-formed', '<p:a/>'],
    ['an unbound prefix of an attribute', 'not-well-formed', `<a p:b='1'/>`],
    ['a control character', 'not-well-formed', '<a>\u0001</a>'],
    ['a control character in an attribute', 'not-well-formed', `<a b='\u0000'/>`],
    ['a reference to a control character', 'not-well-formed', '<a>&#1;</a>'],
    ['a non-character', 'not-well-formed', '<a>\uffff</a>'],
    ['half a surrogate pair', 'not-well-formed', '<a>\ud800x</a>'],
    ['a bare ampersand', 'not-well-formed', '<a>b & c</a>'],
    ['a bare "<" in an attribute', 'not-well-formed', `<a b='<'/>`],
    ['a bare "]]>"', 'not-well-formed', '<a>]]></a>'],
    ['an XML declaration', 'restricted-xml', `<?xml version='1.0'?><a/>`],
    ['a processing instruction', 'restricted-xml', '<?php?><a/>'],
    ['a processing instruction within', 'restricted-xml', '<a><?php?></a>'],
    ['a comment', 'restricted-xml', '<!-- x --><a/>'],
    ['a comment within', 'restricted-xml', '<a><!-- x --></a>'],
    ['a comment after', 'restricted-xml', '<a/><!-- x -->'],
    ['a document type', 'restricted-xml', '<!DOCTYPE a><a/>'],
    ['a document type within', 'restricted-xml', '<a><!DOCTYPE a></a>'],
    [
      'an entity bomb',
      'restricted-xml',
      `<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;">]><a>&m;</a>`,
    ],
    ['an entity that is not predefined', 'restricted-xml', '<a>&lol;</a>'],
    ['one in an attribute', 'restricted-xml', `<a b='&lol;'/>`],
    ['17 elements within one another', 'policy-violation', nested(17)],
    ['10,000 elements within one another', 'policy-violation', nested(10_000)],
    ['513 elements', 'policy-violation', `<a>${'<b/>'.repeat(512)}</a>`],
    [
      '17 attributes',
      'policy-violation',
      `<a ${Array.from({ length: 17 }, (_, at) => `b${at}='1'`).join(' ')}/>`,
    ],
    ['a long attribute', 'policy-violation', `<a b='${'x'.repeat(3073)}'/>`],
    ['257 references', 'policy-violation', `<a>${'&#65;'.repeat(257)}</a>`],
  ]

  it.each(cases)('%s: %s', (_name, problem, frame) => {
    expect(problemOf(frame)).toBe(problem)
  })

  it('is at the limits still taken', () => {
    expect(problemOf(nested(16))).toBe('none')
    expect(problemOf(`<a>${'<b/>'.repeat(511)}</a>`)).toBe('none')
    expect(problemOf(`<a b='${'x'.repeat(3072)}'/>`)).toBe('none')
    expect(problemOf(`<a>${'&#65;'.repeat(256)}</a>`)).toBe('none')
  })
})

describe('the time that a frame takes', () => {
  // Each would take minutes if it grew with the square of the frame's length.
  it.each([
    ['CDATA sections that do not end', `<a>${'<![CDATA['.repeat(1_500_000)}`],
    ['CDATA sections', `<a>${'<![CDATA[]]>'.repeat(100_000)}</a>`],
    ['brackets', `<a>${']'.repeat(1_400_000)}</a>`],
    ['a long name', `<${'a'.repeat(1_400_000)}/>`],
    ['a long prefix', `<${'a'.repeat(1_400_000)}:a/>`],
    ['a long reference', `<a>&${'a'.repeat(1_400_000)};</a>`],
    ['elements that do not end', '<a>'.repeat(450_000)],
    ['ends without beginnings', `<a>${'</b>'.repeat(350_000)}`],
    ['attributes without values', `<a ${'b '.repeat(700_000)}/>`],
    ['line ends', `<a>${'\r\n'.repeat(700_000)}</a>`],
  ])('does not get out of hand with %s', (_name, frame) => {
    problemOf(frame)
    expect(problemOf('<a/>')).toBe('none')
  })
})

describe('any frame', () => {
  const pieces = fc.constantFrom(
    ...['<a', '<b', '>', '/>', '</a>', '</b>', ` x='1'`, ` xmlns='u'`, ` p:x="2"`, '<!--', '-->'],
    ...['<![CDATA[', ']]>', '&', '&amp;', '&#65;', '&#x110000;', '&e;', '<?', '?>', '<!DOCTYPE'],
    ...['[', ']', ' ', '\n', '\r', '\u0000', '\ud83d', '\ude00', '\ufffe', 'text', '"', `'`, '='],
  )

  it('is an element or one of the three problems, and a fresh frame still parses', () => {
    const frames = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')),
      fc.array(pieces, { maxLength: 30 }).map((parts) => `<a>${parts.join('')}</a>`),
    )
    fc.assert(
      fc.property(frames, (frame) => {
        problemOf(frame)
        expect(problemOf(`<a b='1'>&lt;</a>`)).toBe('none')
      }),
      { numRuns: 2000 },
    )
  })
})
