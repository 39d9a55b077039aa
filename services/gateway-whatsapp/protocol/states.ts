/**
 * The states of a stream, and which frames each of them takes.
 *
 *     unopened ── open ──▶ unauthenticated ◀─────── wrong ───────┐
 *                              │ auth                            │
 *                              ├──▶ verifying ── the directory ──┤
 *                              └──▶ challenged ── response ──────┤
 *                                                                │ right
 *                    unbound ◀── open ── authenticated ◀─────────┘
 *                       │ bind or resume
 *                       ▼
 *                     bound ──▶ closed
 *
 * - A stream begins with `<open/>`, and again after authentication: "the stream is restarted"
 *   (RFC 7395, section 3.7). No other `<open/>` is taken.
 * - Before authentication only SASL is taken (RFC 6120, section 6.3), and while the directory is
 *   asked nothing but `<abort/>`: SASL is a dialogue, the client waits for its answer.
 * - Before a resource is bound, a stanza other than the request for it is `not-authorized`
 *   (RFC 6120, section 7.1). A session is resumed in place of binding (XEP-0198, section 5).
 * - `<close/>` and a stream error of the client's are taken at any time; both end the stream.
 * - A stanza before its time is `not-authorized`, any other frame at the wrong time
 *   `policy-violation`. An element of the right name in the wrong namespace is `invalid-namespace`
 *   at any time, one of no known name `unsupported-stanza-type`.
 * - `closed` takes nothing and answers nothing.
 */
import type { StreamCondition } from '../answers.ts'
import type { Element } from './element.ts'
import { NS } from './namespaces.ts'

export type State =
  | 'unopened'
  | 'unauthenticated'
  | 'verifying'
  | 'challenged'
  | 'authenticated'
  | 'unbound'
  | 'bound'
  | 'closed'

export type FrameKind =
  | 'open'
  | 'close'
  | 'error'
  | 'auth'
  | 'response'
  | 'abort'
  | 'iq'
  | 'message'
  | 'presence'
  | 'enable'
  | 'resume'
  | 'r'
  | 'a'

export const TAKES = {
  unopened: ['open'],
  unauthenticated: ['auth'],
  verifying: ['abort'],
  challenged: ['response', 'abort'],
  authenticated: ['open'],
  unbound: ['iq', 'enable', 'resume', 'r', 'a'],
  bound: ['iq', 'message', 'presence', 'enable', 'resume', 'r', 'a'],
  closed: [],
} as const satisfies Record<State, readonly FrameKind[]>

const KINDS: Readonly<Record<FrameKind, string>> = {
  open: NS.framing,
  close: NS.framing,
  error: NS.streams,
  auth: NS.sasl,
  response: NS.sasl,
  abort: NS.sasl,
  iq: NS.client,
  message: NS.client,
  presence: NS.client,
  enable: NS.management,
  resume: NS.management,
  r: NS.management,
  a: NS.management,
}

const isKind = (name: string): name is FrameKind => Object.hasOwn(KINDS, name)

/** What a frame is, or the stream error that it ends in whatever the state. */
export const kindOf = ({
  name,
  ns,
}: Element): FrameKind | 'invalid-namespace' | 'unsupported-stanza-type' => {
  if (!isKind(name)) return 'unsupported-stanza-type'
  return KINDS[name] === ns ? name : 'invalid-namespace'
}

const ALWAYS: readonly FrameKind[] = ['close', 'error']
const STANZAS: readonly FrameKind[] = ['iq', 'message', 'presence']

/** The stream error of a frame that the state does not take; undefined if it does. */
export const untimely = (state: State, kind: FrameKind): StreamCondition | undefined => {
  const takes: readonly FrameKind[] = TAKES[state]
  if (takes.includes(kind) || ALWAYS.includes(kind)) return undefined
  return STANZAS.includes(kind) ? 'not-authorized' : 'policy-violation'
}
