/** What all streams of a gateway share. */
import { FrameParser } from './frame-parser.ts'
import { domainsOf, type Domains } from './jid.ts'
import type { XmppLimits } from './limits.ts'

export interface Host {
  /** The domain that clients log in at, `whatsapp.` and the realm. */
  readonly domain: string
  /** The domains of all networks of the realm. */
  readonly domains: Domains
  readonly limits: XmppLimits
  readonly parser: FrameParser
}

export const createHost = (realm: string, limits: XmppLimits): Host => ({
  domain: `whatsapp.${realm}`.toLowerCase(),
  domains: domainsOf(realm),
  limits,
  parser: new FrameParser(),
})
