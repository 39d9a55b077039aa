/** What a frame's text is checked for before it is parsed, and what can be wrong with a frame. */
import { FRAME_LIMITS } from './limits.ts'

export type FrameProblem = 'not-well-formed' | 'restricted-xml' | 'policy-violation'

export class FrameError extends Error {
  override readonly name = 'FrameError'
  readonly condition: FrameProblem

  constructor(condition: FrameProblem, what: string) {
    super(what)
    this.condition = condition
  }
}

const AMPERSAND = '&'
const LESS = 0x3c
const CDATA = '<![CDATA['
const CDATA_END = ']]>'

/** @throws FrameError */
export const checkFrame = (frame: string): void => {
  checkBeginning(frame)
  checkReferences(frame)
  checkMarkup(frame)
}

/** "The first character of each frame MUST be a '<' character" (RFC 7395, section 3.3.3). */
const checkBeginning = (frame: string): void => {
  if (frame.charCodeAt(0) !== LESS) {
    throw new FrameError('not-well-formed', 'a frame must begin with the "<" of its element')
  }
  if (!frame.isWellFormed()) {
    throw new FrameError('not-well-formed', 'the frame holds half a surrogate pair')
  }
}

/**
 * Refuses all markup that is not an element, a reference or a CDATA section. A "<" can stand
 * nowhere else than at the beginning of markup and in CDATA sections, so looking for it is enough.
 */
const checkMarkup = (frame: string): void => {
  if (!frame.includes('<?') && !frame.includes('<!')) return
  for (let at = frame.indexOf('<'); at !== -1; at = frame.indexOf('<', at + 1)) {
    const next = frame[at + 1]
    if (next === '?') refuse('XML declarations and processing instructions')
    if (next !== '!') continue
    if (!frame.startsWith(CDATA, at)) refuse('comments and document types')
    at = frame.indexOf(CDATA_END, at)
    // Not well-formed, as the parser will find: looking on from every such beginning is quadratic.
    if (at === -1) return
  }
}

const checkReferences = (frame: string): void => {
  let count = 0
  for (let at = frame.indexOf(AMPERSAND); at !== -1; at = frame.indexOf(AMPERSAND, at + 1)) {
    count += 1
    if (count > FRAME_LIMITS.references) tooMuch('references')
  }
}

const refuse = (what: string): never => {
  throw new FrameError('restricted-xml', `${what} are not allowed (RFC 6120, section 11.1)`)
}

export const tooMuch = (what: string): never => {
  throw new FrameError('policy-violation', `the frame has too many ${what}`)
}

const MAX_DETAIL = 120

/** What saxes found wrong. Its words go to the client, so they are cut short. */
export const wrong = (what: string): FrameError => {
  const detail = what.replace(/[^ -~]/g, '?').slice(0, MAX_DETAIL)
  const isEntity = what.includes('undefined entity')
  return new FrameError(isEntity ? 'restricted-xml' : 'not-well-formed', detail)
}
